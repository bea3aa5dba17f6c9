"""Which recipe books which kind of record posting."""

from __future__ import annotations

from collections.abc import Mapping

from console.domain.records import PostingKind
from console.odoo.recipes import close, consumption, downtime, inspection, maintenance, operation, transfer
from console.odoo.recipes.recipe import Recipe

RECIPES: Mapping[PostingKind, Recipe] = {
    PostingKind.DOWNTIME: downtime,
    PostingKind.SCRAP: transfer,
    PostingKind.CONSUMPTION: consumption,
    PostingKind.OPERATION: operation,
    PostingKind.CLOSE: close,
    PostingKind.HOLD: transfer,
    PostingKind.RELEASE: transfer,
    PostingKind.INSPECTION: inspection,
    PostingKind.MAINTENANCE: maintenance,
}
