# Truth for test_severity_additive.py and test_severity_rasch.py: lme4's REML fits of two panels, and its
# logistic model with reviewers as fixed effects (the many-facet Rasch model of two steps).
# Run in this folder: Rscript severity.R > severity.json
suppressMessages(library(lme4))
all <- read.csv("severity.csv", stringsAsFactors = TRUE)
panel <- function(name) droplevels(all[all$panel == name, ])
exact <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.1, rhoend = 1e-12, maxfun = 1e5), calc.derivs = FALSE)
list_of <- function(values) paste0("[", paste(sprintf("%.12g", values), collapse = ", "), "]")
say <- function(key, value, last = FALSE) cat(sprintf('  "%s": %s%s\n', key, value, if (last) "" else ","))
tell <- function(name, fit) {
  sd <- as.data.frame(VarCorr(fit))
  for (row in seq_len(nrow(sd))) say(paste0(name, "/sd/", sd$grp[row]), sprintf("%.12g", sd$sdcor[row]))
  say(paste0(name, "/deviance"), sprintf("%.12g", -2 * as.numeric(logLik(fit))))
  say(paste0(name, "/fixed"), list_of(fixef(fit)))
  say(paste0(name, "/application"), list_of(ranef(fit)$application[, 1]))
  say(paste0(name, "/reviewer"), list_of(ranef(fit)$reviewer[, 1]))
}
cat("{\n")
tell("single", lmer(score ~ 1 + (1 | application) + (1 | reviewer), panel("single"), control = exact))
tell("criteria", lmer(score ~ 0 + criterion + (1 | application) + (1 | reviewer) + (1 | application:reviewer),
                      panel("criteria"), control = exact))
yes <- glmer(score ~ 0 + reviewer + (1 | application), panel("yes"), family = binomial, nAGQ = 100,
             control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.1, rhoend = 1e-12, maxfun = 1e5)))
say("yes/sd", sprintf("%.12g", as.data.frame(VarCorr(yes))$sdcor[1]))
say("yes/fixed", list_of(fixef(yes)))
say("yes/se", list_of(sqrt(diag(as.matrix(vcov(yes))))))
say("R", sprintf('"%s"', getRversion()))
say("lme4", sprintf('"%s"', packageVersion("lme4")), last = TRUE)
cat("}\n")
