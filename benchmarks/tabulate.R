# The same tables by R survey: Rscript tabulate.R ROWS.csv ANSWER.json ITEM...
suppressMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
items <- arguments[-(1:2)]
rows <- read.csv(arguments[1], stringsAsFactors = TRUE)
seconds <- function(work) system.time(work, gcFirst = TRUE)[["elapsed"]]

design_seconds <- seconds(
  design <- svydesign(id = ~1, strata = ~stratum, weights = ~weight, fpc = ~firms, data = rows)
)
answers <- list()
item_seconds <- 0
for (item in items) {
  formula <- as.formula(paste0("~", item))
  item_seconds <- item_seconds + seconds({
    city <- svymean(formula, design, na.rm = TRUE)
    parts <- svyby(formula, ~domain, design, svymean, na.rm = TRUE)
  })
  answers[[item]] <- data.frame(
    item = item,
    group = c("", as.character(parts$domain)),
    mean = c(coef(city), coef(parts)),
    se = c(SE(city), SE(parts))
  )
}
table <- do.call(rbind, answers)
number <- function(x) formatC(x, digits = 17, format = "g")
lines <- sprintf('{"item": "%s", "group": "%s", "mean": %s, "se": %s}',
                 table$item, table$group, number(table$mean), number(table$se))
writeLines(sprintf('{"version": "%s", "design_seconds": %s, "item_seconds": %s, "rows": [%s]}',
                   packageVersion("survey"), number(design_seconds), number(item_seconds),
                   paste(lines, collapse = ",\n")), arguments[2])
