# Where a number comes from. $answered and $invited are numbers of people, $first and $last are days, and $method is how
# the interval was computed.
provenance = { $answered } answered between { $first } and { $last }; 95 % interval by the { $method } method
provenance-at-least = At least { $answered } answered between { $first } and { $last }; 95 % interval by the { $method } method
provenance-of-invited = { $answered } of { $invited } invited answered between { $first } and { $last }; 95 % interval by the { $method } method
provenance-at-least-of-invited = At least { $answered } of { $invited } invited answered between { $first } and { $last }; 95 % interval by the { $method } method

# Where there is no number.
provenance-asked = Asked between { $first } and { $last }
provenance-asked-since = Asked since { $first }

method-adjusted-wald = adjusted Wald
method-wilson = Wilson
method-bootstrap = bootstrap

day = { $day } { $month ->
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
} { $year }
