# Vastaajien ja viestien lukijoiden sivut.
skip-to-content = Siirry sisältöön
languages = Kielet
form-from = { $sender } kysyy
form-minutes = { $minutes ->
    [one] Vie noin minuutin.
   *[other] Vie noin { $minutes } minuuttia.
}
form-anonymous = Kukaan ei voi yhdistää vastauksiasi sinuun. Tulokset näytetään vain vähintään { $group } vastaajan ryhmistä.
form-confidential = Vastauksesi yhdistetään kutsuusi, mutta tulokset näytetään vain vähintään { $group } vastaajan ryhmistä.
form-identified = Vastauksia käsittelevät näkevät, mitä vastasit.
question-count = Kysymys { $number }/{ $count }
required = tarvitaan
optional = Tämän voi ohittaa.
palette-hint = Valitse enintään viisi. Yksi piste on hieman, kolme vahvasti.
palette-none = Ei mikään näistä
feeling-0 = ei tätä
feeling-1 = hieman
feeling-2 = selvästi
feeling-3 = vahvasti
text-hint = Älä mainitse ketään nimeltä. Enintään { $limit } merkkiä.
submit = Lähetä vastaukset
stop-hint = Voit sulkea sivun milloin vain. Mitään ei lähetetä ennen kuin painat nappia.
check-heading = Yksi kohta kaipaa vielä katsomista
check-required = Tähän tarvitaan vastaus.
check-five = Valitse enintään viisi tunnetta.
check-other = Vastaus ei sovi kysymykseen.
thanks-heading = Kiitos. Vastauksesi tulivat perille.
thanks-results = Tulokset kerrotaan sinulle viimeistään { $day }.
thanks-next = Ne kootaan yhteen muiden vastausten kanssa ennen kuin kukaan katsoo niitä.
used-heading = Tähän on jo vastattu
used-text = Jokaisella linkillä voi vastata kerran. Vastauksesi on tallessa, muuta ei tarvitse tehdä.
closed-heading = Vastausaika on päättynyt
closed-text = Kiitos, että aioit vastata. Uusia kertoja tulee.
early-heading = Kysely ei ole vielä auki
early-text = Palaa, kun saat kutsun.
gone-heading = Tämä linkki ei johda mihinkään
gone-text = Sähköposti on voinut katkaista sen. Kopioi koko linkki tai pyydä kutsujalta uusi.
away-heading = Olemme hetken poissa
away-text = Mitään lähettämääsi ei ole kadonnut. Yritä minuutin päästä uudelleen.
message-why = Miksi
message-stays = Mikä pysyy
message-help = Mistä saa apua
message-answer = Vastaa
message-thanks = Kiitos. Vastauksesi auttaa meitä sanomaan asian paremmin. Se vain lasketaan, sitä ei näytetä nimelläsi.
choose-one = Valitse yksi
