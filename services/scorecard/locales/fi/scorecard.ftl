# Mistä luku tulee. $answered ja $invited ovat ihmisten määriä, $first ja $last päiviä, ja $method kertoo, miten väli on
# laskettu.
provenance = { $answered } vastasi { $first }–{ $last }; 95 %:n luottamusväli { $method }
provenance-at-least = Vähintään { $answered } vastasi { $first }–{ $last }; 95 %:n luottamusväli { $method }
provenance-of-invited = Vastasi { $answered }, kutsuttuja { $invited }, { $first }–{ $last }; 95 %:n luottamusväli { $method }
provenance-at-least-of-invited = Vastasi vähintään { $answered }, kutsuttuja { $invited }, { $first }–{ $last }; 95 %:n luottamusväli { $method }

# Kun lukua ei ole.
provenance-asked = Kysyttiin { $first }–{ $last }
provenance-asked-since = Kysytty { $first } alkaen

method-adjusted-wald = korjatulla Waldin menetelmällä
method-wilson = Wilsonin menetelmällä
method-bootstrap = bootstrap-menetelmällä

day = { $day }.{ $month }.{ $year }
