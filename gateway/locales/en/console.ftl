# The console for leaders and teams.

# The frame.
console = Arki
step-inside = Go on to the page
sign-in-heading = Sign in
sign-in-lead = How it is, what it asks of us, and what has been told.
sign-in-key = Your key
sign-in-hint = It begins with arki_. Whoever looks after Arki in your organisation gives you one.
sign-in = Sign in
sign-in-refused = This key does not work. It may have ended, or a character is missing.
foreign-heading = This came from another page
foreign-text = For your safety nothing was done. Go back, load the page again and try once more.
sign-out = Sign out
rooms = Rooms
room-truth = Truth
room-everyday = Everyday
room-tell = Tell
units = Unit
whole = The whole organisation
choose-unit = Choose a unit
language-en = In English
language-fi = Suomeksi
language-sv = På svenska
acts = What you can do now
act-everyday = See the goals
act-tell = See what has been told
act-truth = See how it is
act-choose = Choose a unit above to see its own numbers, or look at what the goals ask of us.
act-goals = Talk about one of these in the next team meeting: what would one notice if it were better?
act-retell = Take the message that fewest understood and say it once more in other words, in person.
act-reach = Units without a goal come first: ask their leaders what would help. Then tell again what is seen but not understood.

# Empty and shut rooms.
forbidden-heading = This room is closed for your key
forbidden-text = You are signed in, but your key may not read what is shown here.
forbidden-scope = What is missing:
forbidden-how = Ask whoever gave you the key for one that has it.
lost-heading = There is nothing here
lost-text = The unit or the file is not there, or not any more.
lost-back = Back to the whole
console-away-text = The services behind this page do not answer right now. Nothing is lost.
try-again = Try again
truth-empty = Nothing is measured yet.
truth-empty-how = Begin with one metric that matters to customers and one for staff, and with the feelings that you want people to have.
everyday-empty = No vision is in force yet.
everyday-empty-how = A vision comes into force when it says what it means to a customer and to those who work here.
tell-empty = Nothing is told this month.
tell-empty-how = People fill silence with guesses. Tell at least what is not known yet, and when you know more.

# Truth.
truth-heading = How it is
standout-heading = Furthest from what you chose
standout-none = No feeling is clearly off its aim
standout-above = { $percent } felt it ({ $interval }). The aim is at most { $aim }.
standout-below = { $percent } felt it ({ $interval }). The aim is at least { $aim }.
numbers-heading = The numbers in words
audience-customers = Customers
audience-staff = Staff
audience-unknown = Others
points = points
band-low = at most { $percent }
band-high = at least { $percent }
interval = 95% interval { $low } to { $high }
answered = { $count ->
    [one] { $shown } answered
   *[other] { $shown } answered
}
days = answers { $days }
not-shown = Not shown, to protect people
not-asked = Not asked here yet.
review-overdue = Review overdue
background = Where this comes from
no-words = Nobody has written yet what this number means in everyday words.
why-it-matters = Why it matters to customers:
role-cause = A cause: something that can be worked on.
role-consequence = A consequence: it follows from what people do and feel.
method = Method of the interval: { $method }.
more-metrics = { $count ->
    [one] One more metric
   *[other] { $count } more metrics
}
feelings-heading = Lived and chosen feelings
feelings-how = The dot is how many felt it, the line its 95% interval, the shaded band the aim. Those furthest from the aim come first.
fit-real = The whole fits by { $fit } of 100. A group of this size exactly on its aim would exceed { $chance } nearly always, so this is more than chance.
fit-chance = The whole fits by { $fit } of 100. A group of this size exactly on its aim may come down to { $chance } by chance, so this may be chance too.
gap-below = below the aim
gap-above = above the aim
gap-on-target = on the aim
gap-unclear = too few to tell
aim = aim { $low } to { $high }
feeling = Feeling
wanted-head = Chosen as
aim-head = Aim, %
felt-head = Felt it, %
stands-head = Stands
term-wanted = wanted
term-unwanted = not wanted
term-neutral = neither
units-heading = The units right below
units-how = Dots with their 95% intervals, the highest first. The dashed line is the whole.
unit = Unit
number = Number
interval-head = 95% interval
answered-head = Answered
as-table = As a table
as-csv = Download as CSV
caution-heading = What may not be concluded
caution-overlap = A difference between two numbers whose intervals overlap may be chance.
caution-cause = A low number in a unit does not show who or what caused it. Units meet different customers and days.
caution-level = Recommending us and recommending the workplace are not comparable in level.
caution-hidden = That a number is not shown says nothing about it, neither good nor bad.

# Everyday.
everyday-heading = What it means in everyday work
vision-heading = The vision
meaning-customer = To a customer
meaning-staff = To those who work here
reach-heading = Whom it has reached
reach-with-goal = { $count ->
    [one] { $with } of { $all } has a goal in everyday words.
   *[other] { $with } of { $all } have a goal in everyday words.
}
holes-none = Each unit has a goal in force.
holes = { $count ->
    [one] One unit has no goal in force:
   *[other] { $count } units have no goal in force:
}
holes-more = { $count ->
    [one] and one more
   *[other] and { $count } more
}
reach-states = How far it has come
reach-units = By unit
reach-units-how = The bar shows how far it has come, the number how many have a goal.
reach-total = The whole
state-unseen = not seen
state-seen = seen
state-understood = understood
state-committed = committed
state-objected = objects
employees = Employees
with-goal = With a goal
goals-heading = The goals
goals-empty = No goal is in force here yet.
goals-empty-how = Say in one sentence what one does differently on a normal day.
goals-drafts = { $count ->
    [one] One goal is still a draft.
   *[other] { $count } goals are still drafts.
}
goals-below = { $count ->
    [one] One goal below
   *[other] { $count } goals below
}
goal-do = Do
goal-enough = Enough is
goal-not-asked = Not asked
goal-everybody = Everybody

# Tell.
tell-heading = What is told in { $month }
month-name = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
months = Months
month-before = ← { $month }
month-after = { $month } →
weekday = { $day ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
}
balance-heading = The balance of what is told
balance-no-uncertainty = Nothing tells what is not known yet. People notice that it is left out; tell it, and by when you know more.
balance-missing = { $count ->
    [one] Nothing is told of this kind: { $kinds }.
   *[other] Nothing is told of these kinds: { $kinds }.
}
balance-whole = Something of each kind is told.
balance-how = Counted by message of this month, told or planned. Invitations and reminders are left out.
kind-strategy = where we go
kind-focus = what matters now
kind-success = what went well
kind-uncertainty = what is not known yet
kind-next-step = what comes next
kind-invitation = invitation
kind-reminder = reminder
calendar-heading = The month
week = Week
today = today
sent = { $count ->
    [one] sent to { $shown }
   *[other] sent to { $shown }
}
understood-heading = Was it understood
understood-how = What counts is not that it was sent but that it was understood: the share of those who answered the question under the message.
understood-empty = No message of this month has gone out yet.
understood-not-asked = Nothing was asked under this message. Add one question next time.
understood-rate = { $percent } understood
delivered = { $count ->
    [one] delivered to { $shown }
   *[other] delivered to { $shown }
}
not-told-here = Not told in this unit.
