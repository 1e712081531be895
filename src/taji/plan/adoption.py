"""How likely a firm carries a programme out, given what of its cost the firm bears itself.

Decides the formula. Its numbers are assumptions of a pack (``taji.catalogue.worth``); everything
that shows a probability made here says so.
"""

from __future__ import annotations

from math import exp, log

from taji.catalogue.worth import Adoption

__all__ = ["adoption"]


def adoption(purchase: int, borne: int, *, usual: int, rule: Adoption) -> float:
    r"""Return the probability that a programme is carried out, all of it.

    Parameters
    ----------
    purchase : int
        What the programme costs, running cost left out. [yuan]
    borne : int
        What of it the firm pays itself. [yuan]
    usual : int
        What a programme usually costs a firm of this size. [yuan]
    rule : Adoption

    Returns
    -------
    float
        [fraction]

    Notes
    -----
    Logistic in the logarithms of cost and saving [1]_, of which a subsidy changes the cost alone.
    Savings of digital measures are not known; they are taken to grow as the purchase, so that with
    *c* the purchase, *b* what is borne and *u* what is usual

    .. math:: \operatorname{logit} p = \operatorname{logit} p_0
              - w_{\text{cost}} \ln \frac{b}{u} + w_{\text{saving}} \ln \frac{c}{u}.

    A programme of the usual cost that the firm pays alone has probability :math:`p_0`.

    References
    ----------
    .. [1] S. T. Anderson and R. G. Newell, "Information programs for technology adoption: the case
       of energy-efficiency audits". *Resource and Energy Economics* 26 (1), 2004.
       doi:10.1016/j.reseneeco.2003.07.001

    Examples
    --------
    >>> from taji.catalogue.worth import worth
    >>> rule = worth().adoption
    >>> adoption(200_000, 200_000, usual=200_000, rule=rule)
    0.5
    >>> round(adoption(200_000, 100_000, usual=200_000, rule=rule), 3)
    0.56
    """
    base = float(rule.base)
    cost, saving = max(borne, rule.least), max(purchase, rule.least)
    logit = (
        log(base / (1 - base))
        - float(rule.cost) * log(cost / usual)
        + float(rule.saving) * log(saving / usual)
    )
    return 1 / (1 + exp(-logit))
