# Truth for test_two_phase.py: R's survey::twophase on two_phase.csv, with the exact ("full") variance.
# Run in this folder: Rscript two_phase.R > two_phase.json
#
# Two things about R's survey 4.1 to know. (1) It looks up the size of a first-phase stratum by the row
# of the subsample in the whole table, so the subsample must stand first; otherwise strata of different
# size are mixed up. (2) calibrate(phase = 2) does not see first-phase weights; the regression weighted by
# both phases is got by calibrating on (w, w x) with a variance in proportion to w.
suppressMessages(library(survey))
firms <- read.csv("two_phase.csv")
firms$all <- 2280
firms$share <- as.numeric(firms$y >= 60)
firms$claim <- as.numeric(firms$x >= 60)
say <- function(key, found) {
  cat(sprintf('  "%s": {"value": %.12g, "se": %.12g},\n', key, coef(found)[1], SE(found)[1]))
}
two <- function(name, chosen, first, population, second) {
  data <- firms[order(-firms[[chosen]]), ]
  data$chosen <- data[[chosen]] == 1
  size <- ave(rep(1, nrow(data)), if (is.null(first)) rep(1, nrow(data)) else data$stratum, FUN = sum)
  data$w <- data[[population]] / size
  data$wx <- data$w * data$x
  data$wc <- data$w * data$claim
  d <- twophase(id = list(~1, ~1), strata = list(first, second), subset = ~chosen, data = data,
                fpc = list(as.formula(paste("~", population)), NULL), method = "full")
  greg <- function(formula) {
    calibrate(d, formula, phase = 2, calfun = "linear", variance = data$w[data$chosen])
  }
  by_score <- greg(~0 + w + wx)
  by_claim <- greg(~0 + w + wc)
  say(paste0(name, "/expansion/mean"), svymean(~y, d))
  say(paste0(name, "/expansion/proportion"), svymean(~share, d))
  say(paste0(name, "/regression/mean"), svymean(~y, by_score))
  say(paste0(name, "/regression/proportion"), svymean(~share, by_claim))
}
cat("{\n")
two("simple", "simple", NULL, "all", NULL)
two("stratified", "simple", ~stratum, "population", NULL)
two("crossed", "by_half", ~stratum, "population", ~half)
two("nested", "by_stratum", ~stratum, "population", ~stratum)
cat(sprintf('  "survey": "%s"\n}\n', packageVersion("survey")))
