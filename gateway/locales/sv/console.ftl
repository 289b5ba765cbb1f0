# Konsolen för ledare och team.

# Ramen.
console = Arki
step-inside = Fortsätt till sidan
sign-in-heading = Logga in
sign-in-lead = Hur det är, vad det kräver av oss och vad som har berättats.
sign-in-key = Din nyckel
sign-in-hint = Den börjar med arki_. Du får den av den som sköter Arki i din organisation.
sign-in = Logga in
sign-in-refused = Nyckeln fungerar inte. Den kan ha upphört, eller så saknas ett tecken.
foreign-heading = Detta kom från en annan sida
foreign-text = För din säkerhet gjordes ingenting. Gå tillbaka, ladda om sidan och försök igen.
sign-out = Logga ut
rooms = Rum
room-truth = Sanningen
room-everyday = Vardagen
room-tell = Berätta
units = Enhet
whole = Hela organisationen
choose-unit = Välj enhet
language-en = In English
language-fi = Suomeksi
language-sv = På svenska
acts = Vad du kan göra nu
act-everyday = Se målen
act-tell = Se vad som har berättats
act-truth = Se hur det är
act-choose = Välj en enhet ovan för att se dess egna siffror, eller se vad målen kräver av oss.
act-goals = Ta upp en av dessa på nästa teammöte: vad skulle man märka om det vore bättre?
act-retell = Ta det meddelande som minst antal förstod och säg det en gång till med andra ord, öga mot öga.
act-reach = Först enheterna utan mål: fråga deras ledare vad som skulle hjälpa. Berätta sedan på nytt det som är sett men inte förstått.

# Tomma och stängda rum.
forbidden-heading = Det här rummet är stängt för din nyckel
forbidden-text = Du är inloggad, men din nyckel får inte läsa det som visas här.
forbidden-scope = Det som saknas:
forbidden-how = Be den som gav dig nyckeln om en som har den.
lost-heading = Här finns ingenting
lost-text = Enheten eller filen finns inte, eller finns inte längre.
lost-back = Tillbaka till helheten
console-away-text = Tjänsterna bakom sidan svarar inte just nu. Ingenting har gått förlorat.
try-again = Försök igen
truth-empty = Ingenting mäts ännu.
truth-empty-how = Börja med ett mått som betyder något för kunderna, ett för personalen och de känslor ni önskar människor.
everyday-empty = Ingen vision gäller ännu.
everyday-empty-how = En vision börjar gälla när den säger vad den betyder för en kund och för dem som arbetar här.
tell-empty = Ingenting berättas den här månaden.
tell-empty-how = Tystnad fylls med gissningar. Berätta åtminstone vad som inte är känt ännu, och när ni vet mer.

# Sanningen.
truth-heading = Hur det är
standout-heading = Längst från det ni valde
standout-none = Ingen känsla är tydligt utanför målet
standout-above = { $percent } kände så ({ $interval }). Målet är högst { $aim }.
standout-below = { $percent } kände så ({ $interval }). Målet är minst { $aim }.
numbers-heading = Siffrorna i ord
audience-customers = Kunder
audience-staff = Personal
audience-unknown = Övriga
points = poäng
band-low = högst { $percent }
band-high = minst { $percent }
interval = 95 % konfidensintervall { $low } till { $high }
answered = { $count ->
    [one] { $shown } svarade
   *[other] { $shown } svarade
}
days = svar { $days }
not-shown = Visas inte, för att skydda människor
not-asked = Har inte frågats här ännu.
review-overdue = Översynen är försenad
background = Var detta kommer från
no-words = Ingen har ännu skrivit vad siffran betyder i vardagen.
why-it-matters = Varför det är viktigt för kunderna:
role-cause = En orsak: något man kan arbeta med.
role-consequence = En följd: den kommer av vad människor gör och känner.
method = Intervallets metod: { $method }.
more-metrics = { $count ->
    [one] Ett mått till
   *[other] { $count } mått till
}
feelings-heading = Levda och valda känslor
feelings-how = Punkten är andelen som kände så, linjen dess 95 % konfidensintervall, det skuggade bandet målet. De som är längst från målet kommer först.
fit-real = Helheten stämmer till { $fit } av 100. En grupp av denna storlek precis på målet skulle nästan alltid överstiga { $chance }, så detta är mer än slump.
fit-chance = Helheten stämmer till { $fit } av 100. En grupp av denna storlek precis på målet kan av en slump hamna på { $chance }, så även detta kan vara slump.
gap-below = under målet
gap-above = över målet
gap-on-target = på målet
gap-unclear = för få för att säga
aim = mål { $low } till { $high }
feeling = Känsla
wanted-head = Vald som
aim-head = Mål, %
felt-head = Kände så, %
stands-head = Läge
term-wanted = önskad
term-unwanted = oönskad
term-neutral = varken eller
units-heading = Enheterna närmast under
units-how = Punkter med 95 % konfidensintervall, de högsta först. Den streckade linjen är helheten.
unit = Enhet
number = Siffra
interval-head = 95 % intervall
answered-head = Svarade
as-table = Som tabell
as-csv = Ladda ner som CSV
caution-heading = Vad man inte kan dra för slutsats
caution-overlap = En skillnad mellan två siffror vars intervall överlappar kan vara slump.
caution-cause = En låg siffra i en enhet visar inte vem eller vad som orsakade den. Enheter möter olika kunder och dagar.
caution-level = Att rekommendera oss och att rekommendera arbetsplatsen går inte att jämföra i nivå.
caution-hidden = Att en siffra inte visas säger ingenting om den, varken bra eller dåligt.

# Vardagen.
everyday-heading = Vad det betyder i vardagen
vision-heading = Visionen
meaning-customer = För en kund
meaning-staff = För oss som arbetar här
reach-heading = Vem det har nått
reach-with-goal = { $count ->
    [one] { $with } av { $all } har ett mål i vardagsord.
   *[other] { $with } av { $all } har ett mål i vardagsord.
}
holes-none = Varje enhet har ett gällande mål.
holes = { $count ->
    [one] En enhet har inget gällande mål:
   *[other] { $count } enheter har inget gällande mål:
}
holes-more = { $count ->
    [one] och en till
   *[other] och { $count } till
}
reach-states = Hur långt det har kommit
reach-units = Per enhet
reach-units-how = Stapeln visar hur långt det har kommit, talet hur många som har ett mål.
reach-total = Helheten
state-unseen = inte sett
state-seen = sett
state-understood = förstått
state-committed = åtagit sig
state-objected = invänder
employees = Anställda
with-goal = Har mål
goals-heading = Målen
goals-empty = Inget mål gäller här ännu.
goals-empty-how = Säg i en mening vad man gör annorlunda en vanlig dag.
goals-drafts = { $count ->
    [one] Ett mål är ännu ett utkast.
   *[other] { $count } mål är ännu utkast.
}
goals-below = { $count ->
    [one] Ett mål under detta
   *[other] { $count } mål under detta
}
goal-do = Gör
goal-enough = Det räcker
goal-not-asked = Krävs inte
goal-everybody = Alla

# Berätta.
tell-heading = Vad som berättas i { $month }
month-name = { $month ->
    [1] januari
    [2] februari
    [3] mars
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] augusti
    [9] september
    [10] oktober
    [11] november
   *[12] december
}
months = Månader
month-before = ← { $month }
month-after = { $month } →
weekday = { $day ->
    [1] måndag
    [2] tisdag
    [3] onsdag
    [4] torsdag
    [5] fredag
    [6] lördag
   *[7] söndag
}
balance-heading = Balansen i det som berättas
balance-no-uncertainty = Ingenting berättar vad som inte är känt ännu. Det märks när det saknas: berätta det, och när ni vet mer.
balance-missing = { $count ->
    [one] Detta berättas inte alls: { $kinds }.
   *[other] Detta berättas inte alls: { $kinds }.
}
balance-whole = Något av varje slag berättas.
balance-how = Räknat per meddelande denna månad, berättat eller planerat. Inbjudningar och påminnelser är inte med.
kind-strategy = vart vi går
kind-focus = vad som är viktigt nu
kind-success = vad som gick bra
kind-uncertainty = vad som inte är känt ännu
kind-next-step = vad som kommer härnäst
kind-invitation = inbjudan
kind-reminder = påminnelse
calendar-heading = Månaden
week = Vecka
today = i dag
sent = { $count ->
    [one] skickat till { $shown }
   *[other] skickat till { $shown }
}
understood-heading = Förstods det
understood-how = Det viktiga är inte att det skickades utan att det förstods: andelen av dem som svarade på frågan under meddelandet.
understood-empty = Inget av månadens meddelanden har gått ut ännu.
understood-not-asked = Ingenting frågades under meddelandet. Lägg till en fråga nästa gång.
understood-rate = { $percent } förstod
delivered = { $count ->
    [one] levererat till { $shown }
   *[other] levererat till { $shown }
}
not-told-here = Inte berättat i den här enheten.
