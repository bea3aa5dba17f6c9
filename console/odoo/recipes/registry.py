"""Which recipe books which kind of record posting."""

from __future__ import annotations

from collections.abc import Mapping

from console.domain.records import PostingKind
from console.odoo.recipes import close, consumption, downtime, maintenance, operation
from console.odoo.recipes.recipe import Recipe

RECIPES: Mapping[PostingKind, Recipe] = {
    PostingKind.DOWNTIME: downtime,
    PostingKind.MAINTENANCE: maintenance,
    PostingKind.OPERATION: operation,
    PostingKind.CONSUMPTION: consumption,
    PostingKind.CLOSE: close,
}
