"""Who may serve whom, by hard facts, each refusal with its reason.

Decides from what a need asks and a provider states. Does not decide how well they fit
(``taji.match.relevance``).
"""

from __future__ import annotations

from dataclasses import dataclass

from taji.base.text import Text

__all__ = ["Need", "Provider", "refusals"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a firm asks for; what is left empty asks nothing.

    Attributes
    ----------
    capability, licence : frozenset of str
        All of them must be there; as ``taji.match.words.Words.concept`` writes them.
    budget : float or None
        The most that it may cost. [yuan]
    days : float
        Work that it takes. [days]
    avoid : frozenset of str
        Providers that must not have it: a conflict of interest, declared by the firm.
    preference : tuple of str
        Providers, the most wanted first.
    """

    id: str
    enterprise: str
    text: str
    days: float
    capability: frozenset[str] = frozenset()
    industry: str = ""
    district: str = ""
    budget: float | None = None
    licence: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    preference: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """What a provider states; no industry or district means all of them.

    Attributes
    ----------
    price : float or None
        [yuan/day]
    capacity : float
        [days]
    conflict : frozenset of str
        Enterprises that it must not serve: shared owners, own staff, an audit.
    preference : tuple of str
        Enterprises or needs, the most wanted first.
    """

    id: str
    name: str
    text: str
    capacity: float
    capability: frozenset[str] = frozenset()
    industry: frozenset[str] = frozenset()
    district: frozenset[str] = frozenset()
    price: float | None = None
    licence: frozenset[str] = frozenset()
    conflict: frozenset[str] = frozenset()
    preference: tuple[str, ...] = ()


def refusals(need: Need, provider: Provider) -> tuple[Text, ...]:
    """Return every hard reason why a provider may not serve a need; none if it may.

    Examples
    --------
    >>> need = Need(id="n", enterprise="e", text="", days=10, budget=5000)
    >>> refusals(need, Provider(id="p", name="p", text="", capacity=20, price=800))[0].en
    'price: 10 days × 800 = 8000 yuan, budget 5000'
    """
    found: list[Text] = []
    lacking = sorted(need.capability - provider.capability)
    if lacking:
        named = ", ".join(word.lstrip("§") for word in lacking)
        found.append(Text(zh=f"能力：未提供 {named}", en=f"capability: does not offer {named}"))
    if need.industry and provider.industry and need.industry not in provider.industry:
        found.append(
            Text(zh=f"行业：不服务 {need.industry}", en=f"industry: does not serve {need.industry}")
        )
    if need.district and provider.district and need.district not in provider.district:
        found.append(
            Text(zh=f"地区：不服务 {need.district}", en=f"region: does not serve {need.district}")
        )
    found += _price(need, provider)
    if provider.id in need.avoid or need.enterprise in provider.conflict:
        found.append(
            Text(
                zh="利益冲突：双方之一已申报", en="conflict of interest: one of the two declared it"
            )
        )
    missing = sorted(need.licence - provider.licence)
    if missing:
        named = ", ".join(missing)
        found.append(Text(zh=f"资质：缺少 {named}", en=f"licence: lacks {named}"))
    if need.days > provider.capacity:
        found.append(
            Text(
                zh=f"容量：需 {need.days:g} 人天，可供 {provider.capacity:g}",
                en=f"capacity: {need.days:g} days are needed, {provider.capacity:g} are there",
            )
        )
    return tuple(found)


def _price(need: Need, provider: Provider) -> list[Text]:
    if need.budget is None:
        return []
    if provider.price is None:
        return [
            Text(zh="价格：未报价，无法对照预算", en="price: none stated to hold to the budget")
        ]
    total = need.days * provider.price
    if total <= need.budget:
        return []
    return [
        Text(
            zh=f"价格：{need.days:g} 人天 × {provider.price:g} = {total:g} 元，预算 {need.budget:g}",
            en=f"price: {need.days:g} days × {provider.price:g} = {total:g} yuan, "
            f"budget {need.budget:g}",
        )
    ]
