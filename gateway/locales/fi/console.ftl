# Konsoli vetäjille ja tiimeille.

# Kehys.
console = Arki
step-inside = Jatka sivulle
sign-in-heading = Kirjaudu
sign-in-lead = Miten meillä on, mitä se meiltä pyytää ja mitä on kerrottu.
sign-in-key = Avaimesi
sign-in-hint = Se alkaa arki_. Saat sen siltä, joka hoitaa Arki-palvelua organisaatiossasi.
sign-in = Kirjaudu
sign-in-refused = Tämä avain ei toimi. Se on voinut vanhentua, tai siitä puuttuu merkki.
foreign-heading = Tämä tuli toiselta sivulta
foreign-text = Turvallisuutesi vuoksi mitään ei tehty. Palaa takaisin, lataa sivu uudelleen ja yritä vielä kerran.
sign-out = Kirjaudu ulos
rooms = Huoneet
room-truth = Totuus
room-everyday = Arki
room-tell = Kerro
units = Yksikkö
whole = Koko organisaatio
choose-unit = Valitse yksikkö
language-en = In English
language-fi = Suomeksi
language-sv = På svenska
acts = Mitä voit tehdä nyt
act-everyday = Katso tavoitteet
act-tell = Katso, mitä on kerrottu
act-truth = Katso, miten meillä on
act-choose = Valitse ylhäältä yksikkö, niin näet sen omat luvut, tai katso, mitä tavoitteet meiltä pyytävät.
act-goals = Ottakaa yksi näistä puheeksi seuraavassa tiimipalaverissa: mistä huomaisi, että asia on paremmin?
act-retell = Valitse viesti, jonka harvin ymmärsi, ja sano se vielä kerran toisin sanoin, kasvotusten.
act-reach = Ensin yksiköt, joilla ei ole tavoitetta: kysy niiden vetäjiltä, mikä auttaisi. Kerro sitten uudelleen se, mikä on nähty mutta ei ymmärretty.

# Tyhjät ja suljetut huoneet.
forbidden-heading = Tämä huone ei aukea avaimellasi
forbidden-text = Olet kirjautunut, mutta avaimesi ei saa lukea sitä, mitä täällä näytetään.
forbidden-scope = Puuttuva oikeus:
forbidden-how = Pyydä avaimen antajalta avain, jossa se on.
lost-heading = Täällä ei ole mitään
lost-text = Yksikköä tai tiedostoa ei ole, tai ei ole enää.
lost-back = Takaisin kokonaisuuteen
console-away-text = Sivun takana olevat palvelut eivät juuri nyt vastaa. Mitään ei ole kadonnut.
try-again = Yritä uudelleen
truth-empty = Mitään ei vielä mitata.
truth-empty-how = Aloita yhdestä mittarista, joka on asiakkaille tärkeä, yhdestä henkilöstölle ja niistä tunteista, joita toivotte ihmisille.
everyday-empty = Mikään visio ei ole vielä voimassa.
everyday-empty-how = Visio tulee voimaan, kun siinä on, mitä se merkitsee asiakkaalle ja täällä työskenteleville.
tell-empty = Tässä kuussa ei kerrota mitään.
tell-empty-how = Hiljaisuus täyttyy arvauksista. Kertokaa ainakin, mitä ei vielä tiedetä ja milloin tiedetään lisää.

# Totuus.
truth-heading = Miten meillä on
standout-heading = Kauimpana siitä, mitä valitsitte
standout-none = Mikään tunne ei ole selvästi sivussa tavoitteesta
standout-above = { $percent } tunsi näin ({ $interval }). Tavoite on enintään { $aim }.
standout-below = { $percent } tunsi näin ({ $interval }). Tavoite on vähintään { $aim }.
numbers-heading = Luvut sanoina
audience-customers = Asiakkaat
audience-staff = Henkilöstö
audience-unknown = Muut
points = pistettä
band-low = enintään { $percent }
band-high = vähintään { $percent }
interval = 95 %:n luottamusväli { $low }…{ $high }
answered = { $count ->
    [one] { $shown } vastaaja
   *[other] { $shown } vastaajaa
}
days = vastaukset { $days }
not-shown = Ei näytetä, ihmisten suojaksi
not-asked = Tätä ei ole vielä kysytty täällä.
review-overdue = Tarkistus myöhässä
background = Mistä tämä tulee
no-words = Kukaan ei ole vielä kirjoittanut, mitä tämä luku tarkoittaa arjessa.
why-it-matters = Miksi tämä on asiakkaille tärkeää:
role-cause = Syy: tähän voi vaikuttaa.
role-consequence = Seuraus: tämä syntyy siitä, mitä ihmiset tekevät ja tuntevat.
method = Luottamusvälin menetelmä: { $method }.
more-metrics = { $count ->
    [one] Yksi mittari lisää
   *[other] { $count } mittaria lisää
}
feelings-heading = Eletyt ja valitut tunteet
feelings-how = Piste on niiden osuus, jotka tunsivat näin, viiva sen 95 %:n luottamusväli ja tummennettu alue tavoite. Kauimpana tavoitteesta olevat ovat ensin.
fit-real = Kokonaisuus vastaa tavoitetta { $fit }/100. Näin suuri ryhmä, joka on täysin tavoitteessa, ylittäisi lähes aina { $chance }, joten tämä on muuta kuin sattumaa.
fit-chance = Kokonaisuus vastaa tavoitetta { $fit }/100. Näin suuri ryhmä voi täysin tavoitteessakin jäädä sattumalta lukuun { $chance }, joten tämäkin voi olla sattumaa.
gap-below = alle tavoitteen
gap-above = yli tavoitteen
gap-on-target = tavoitteessa
gap-unclear = liian vähän vastauksia
aim = tavoite { $low }…{ $high }
feeling = Tunne
wanted-head = Valittu
aim-head = Tavoite, %
felt-head = Tunsi näin, %
stands-head = Missä ollaan
term-wanted = toivotuksi
term-unwanted = ei-toivotuksi
term-neutral = ei kummaksikaan
units-heading = Yksiköt tästä alaspäin
units-how = Pisteet ja niiden 95 %:n luottamusvälit, suurin ensin. Katkoviiva on kokonaisuus.
unit = Yksikkö
number = Luku
interval-head = 95 %:n väli
answered-head = Vastaajia
as-table = Taulukkona
as-csv = Lataa CSV-tiedostona
caution-heading = Mitä tästä ei voi päätellä
caution-overlap = Kahden luvun ero voi olla sattumaa, jos niiden luottamusvälit menevät päällekkäin.
caution-cause = Yksikön matala luku ei kerro, kuka tai mikä sen aiheutti. Yksiköillä on erilaiset asiakkaat ja päivät.
caution-level = Meidän suosittelemistamme ja työpaikan suosittelemista ei voi verrata tasoltaan keskenään.
caution-hidden = Se, ettei lukua näytetä, ei kerro siitä mitään, ei hyvää eikä huonoa.

# Arki.
everyday-heading = Mitä tämä on arjessa
vision-heading = Visio
meaning-customer = Asiakkaalle
meaning-staff = Meille täällä töissä
reach-heading = Keille se on tullut perille
reach-with-goal = { $count ->
    [one] { $with }/{ $all } työntekijällä on tavoite arjen sanoin.
   *[other] { $with }/{ $all } työntekijällä on tavoite arjen sanoin.
}
holes-none = Joka yksiköllä on voimassa oleva tavoite.
holes = { $count ->
    [one] Yhdellä yksiköllä ei ole voimassa olevaa tavoitetta:
   *[other] { $count } yksiköllä ei ole voimassa olevaa tavoitetta:
}
holes-more = { $count ->
    [one] ja yksi muu
   *[other] ja { $count } muuta
}
reach-states = Miten pitkälle se on tullut
reach-units = Yksiköittäin
reach-units-how = Palkki näyttää, miten pitkälle on tultu, luku, kuinka monella on tavoite.
reach-total = Kaikki yhteensä
state-unseen = ei nähnyt
state-seen = nähnyt
state-understood = ymmärtänyt
state-committed = sitoutunut
state-objected = eri mieltä
employees = Työntekijöitä
with-goal = On tavoite
goals-heading = Tavoitteet
goals-empty = Täällä ei ole vielä voimassa olevaa tavoitetta.
goals-empty-how = Sanokaa yhdellä lauseella, mitä tavallisena päivänä tehdään toisin.
goals-drafts = { $count ->
    [one] Yksi tavoite on vielä luonnos.
   *[other] { $count } tavoitetta on vielä luonnoksia.
}
goals-below = { $count ->
    [one] Yksi tavoite tämän alla
   *[other] { $count } tavoitetta tämän alla
}
goal-do = Tee
goal-enough = Tämä riittää
goal-not-asked = Tätä ei pyydetä
goal-everybody = Kaikki

# Kerro.
tell-heading = Mitä kerrotaan: { $month }
month-name = { $month ->
    [1] tammikuu
    [2] helmikuu
    [3] maaliskuu
    [4] huhtikuu
    [5] toukokuu
    [6] kesäkuu
    [7] heinäkuu
    [8] elokuu
    [9] syyskuu
    [10] lokakuu
    [11] marraskuu
   *[12] joulukuu
}
months = Kuukaudet
month-before = ← { $month }
month-after = { $month } →
weekday = { $day ->
    [1] maanantai
    [2] tiistai
    [3] keskiviikko
    [4] torstai
    [5] perjantai
    [6] lauantai
   *[7] sunnuntai
}
balance-heading = Kerrotun tasapaino
balance-no-uncertainty = Mikään ei kerro, mitä ei vielä tiedetä. Sen puuttuminen huomataan: kertokaa se, ja milloin tiedätte lisää.
balance-missing = { $count ->
    [one] Tätä ei kerrota lainkaan: { $kinds }.
   *[other] Näitä ei kerrota lainkaan: { $kinds }.
}
balance-whole = Jokaista lajia kerrotaan.
balance-how = Laskettu tämän kuun kerrotuista ja suunnitelluista viesteistä, ilman kutsuja ja muistutuksia.
kind-strategy = mihin menemme
kind-focus = mikä on nyt tärkeää
kind-success = mikä on onnistunut
kind-uncertainty = mitä ei vielä tiedetä
kind-next-step = mitä seuraavaksi
kind-invitation = kutsu
kind-reminder = muistutus
calendar-heading = Kuukausi
week = Viikko
today = tänään
sent = { $count ->
    [one] lähetetty { $shown } henkilölle
   *[other] lähetetty { $shown } henkilölle
}
understood-heading = Ymmärrettiinkö se
understood-how = Lähettäminen ei riitä, ymmärtäminen ratkaisee: osuus niistä, jotka vastasivat viestin alla olleeseen kysymykseen.
understood-empty = Yhtään tämän kuun viestiä ei ole vielä lähtenyt.
understood-not-asked = Tämän viestin alla ei kysytty mitään. Lisää ensi kerralla yksi kysymys.
understood-rate = { $percent } ymmärsi
delivered = { $count ->
    [one] toimitettu { $shown } henkilölle
   *[other] toimitettu { $shown } henkilölle
}
not-told-here = Tätä ei ole kerrottu tässä yksikössä.
