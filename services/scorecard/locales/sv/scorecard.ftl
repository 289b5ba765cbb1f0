# Var ett tal kommer ifrån. $answered och $invited är antal människor, $first och $last är dagar och $method är hur
# intervallet har räknats ut.
provenance = { $answered } svarade mellan { $first } och { $last }; 95 % intervall med { $method }
provenance-at-least = Minst { $answered } svarade mellan { $first } och { $last }; 95 % intervall med { $method }
provenance-of-invited = { $answered } av { $invited } inbjudna svarade mellan { $first } och { $last }; 95 % intervall med { $method }
provenance-at-least-of-invited = Minst { $answered } av { $invited } inbjudna svarade mellan { $first } och { $last }; 95 % intervall med { $method }

# När det inte finns något tal.
provenance-asked = Frågades mellan { $first } och { $last }
provenance-asked-since = Har frågats sedan { $first }

method-adjusted-wald = den justerade Waldmetoden
method-wilson = Wilsons metod
method-bootstrap = bootstrapmetoden

day = { $day } { $month ->
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
} { $year }
