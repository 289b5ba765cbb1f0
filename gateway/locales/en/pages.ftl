# The pages for respondents and readers of messages.
skip-to-content = Skip to the content
languages = Languages
form-from = { $sender } asks
form-minutes = { $minutes ->
    [one] Takes about a minute.
   *[other] Takes about { $minutes } minutes.
}
form-anonymous = Nobody can connect your answers with you. Results are shown only for groups of at least { $group }.
form-confidential = Your answers are linked to your invitation, but results are shown only for groups of at least { $group }.
form-identified = Those who work on the answers see what you answered.
question-count = Question { $number } of { $count }
required = needed
optional = You may skip this.
palette-hint = Choose at most five. One dot is a little, three are strongly.
palette-none = None of these
feeling-0 = not this
feeling-1 = a little
feeling-2 = clearly
feeling-3 = strongly
text-hint = Please name no one. At most { $limit } characters.
submit = Send the answers
stop-hint = You can close this page at any time. Nothing is sent before you press the button.
check-heading = Something needs a second look
check-required = An answer is needed here.
check-five = Choose at most five feelings.
check-other = This answer does not fit the question.
thanks-heading = Thank you. Your answers have arrived.
thanks-results = The results are told to you by { $day }.
thanks-next = They are put together with what others answered before anyone looks at them.
used-heading = This has been answered already
used-text = Each link takes one answer. Yours is safe; there is nothing more to do.
closed-heading = The time to answer is over
closed-text = Thank you for meaning to. There will be other times.
early-heading = It is not open yet
early-text = Please come back when you get the invitation.
gone-heading = This link does not lead anywhere
gone-text = It may have been cut in two by your mail program. Copy the whole link, or ask whoever invited you for a new one.
away-heading = We are away for a moment
away-text = Nothing you sent is lost. Please try again in a minute.
message-why = Why
message-stays = What stays as it is
message-help = Where to get help
message-answer = Answer
message-thanks = Thank you. Your answer helps us to say it better; it is only ever counted, never shown with your name.
choose-one = Choose one
