# Truth for test_change.py: two rounds stacked, firms as clusters, R's svyby(covmat = TRUE) and svycontrast.
# Run in this folder: Rscript change.R > change.json
suppressMessages(library(survey))
firms <- read.csv("change.csv")
stacked <- function(before, after) {
  one <- firms[before, c("enterprise", "stratum", "population", "score_before", "plan_before")]
  two <- firms[after, c("enterprise", "stratum", "population", "score_after", "plan_after")]
  names(one)[4:5] <- names(two)[4:5] <- c("score", "plan")
  rows <- rbind(cbind(one, round = "1"), cbind(two, round = "2"))
  rows$w <- ave(rows$population, rows$stratum, rows$round, FUN = function(p) p[1] / length(p))
  rows
}
say <- function(key, formula, design) {
  found <- svyby(formula, ~round, design, svymean, covmat = TRUE)
  difference <- svycontrast(found, c("1" = -1, "2" = 1))
  cat(sprintf('  "%s": {"change": %.12g, "se": %.12g},\n', key, coef(difference)[1], SE(difference)[1]))
}
every <- rep(TRUE, nrow(firms))
cat("{\n")
rows <- stacked(every, every)
finite <- svydesign(~enterprise, strata = ~stratum, weights = ~w, fpc = ~population, data = rows)
say("same/score", ~score, finite)
say("same/plan", ~plan, finite)
rows <- stacked(firms$in_before == 1, firms$in_after == 1)
# Not stratified: R takes the number of a stratum's firms that are in a round for chance, and adds the
# differences between strata to the variance; a round draws a fixed number in each.
open <- svydesign(~enterprise, weights = ~1, data = rows)
say("part/score", ~score, open)
say("part/plan", ~plan, open)
cat(sprintf('  "survey": "%s"\n}\n', packageVersion("survey")))
