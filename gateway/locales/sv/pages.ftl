# Sidorna för dem som svarar och läser meddelanden.
skip-to-content = Hoppa till innehållet
languages = Språk
form-from = { $sender } frågar
form-minutes = { $minutes ->
    [one] Tar ungefär en minut.
   *[other] Tar ungefär { $minutes } minuter.
}
form-anonymous = Ingen kan koppla dina svar till dig. Resultat visas bara för grupper om minst { $group } svarande.
form-confidential = Dina svar kopplas till din inbjudan, men resultat visas bara för grupper om minst { $group } svarande.
form-identified = De som arbetar med svaren ser vad du svarade.
question-count = Fråga { $number } av { $count }
required = behövs
optional = Du kan hoppa över den här.
palette-hint = Välj högst fem. En prick är lite, tre är starkt.
palette-none = Inget av dessa
feeling-0 = inte detta
feeling-1 = lite
feeling-2 = tydligt
feeling-3 = starkt
text-hint = Nämn ingen vid namn. Högst { $limit } tecken.
submit = Skicka svaren
stop-hint = Du kan stänga sidan när som helst. Inget skickas innan du trycker på knappen.
check-heading = Något behöver ses över
check-required = Här behövs ett svar.
check-five = Välj högst fem känslor.
check-other = Svaret passar inte frågan.
thanks-heading = Tack. Dina svar har kommit fram.
thanks-results = Resultaten berättas för dig senast { $day }.
thanks-next = De läggs samman med andras svar innan någon tittar på dem.
used-heading = Detta är redan besvarat
used-text = Varje länk tar emot ett svar. Ditt är i tryggt förvar, mer behövs inte.
closed-heading = Svarstiden är slut
closed-text = Tack för att du tänkte svara. Det kommer fler gånger.
early-heading = Det är inte öppet ännu
early-text = Kom tillbaka när du får inbjudan.
gone-heading = Den här länken leder ingenstans
gone-text = E-posten kan ha klippt av den. Kopiera hela länken, eller be den som bjöd in dig om en ny.
away-heading = Vi är borta en stund
away-text = Inget du har skickat är borta. Försök igen om en minut.
message-why = Varför
message-stays = Det som består
message-help = Var du får hjälp
message-answer = Svara
message-thanks = Tack. Ditt svar hjälper oss att säga det bättre. Det räknas bara, det visas aldrig med ditt namn.
choose-one = Välj en
