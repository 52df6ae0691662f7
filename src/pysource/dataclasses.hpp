#pragma once

#include "pysource/bound_value.hpp"

/// What `@dataclass` says of the class that it decorates.
namespace launch::pysource {

/// True for `@dataclass` and `@dataclasses.dataclass(…)`.
bool has_dataclass_decorator(const BoundValue& klass);

/// True if a decorator makes __slots__ of the fields: `@dataclass(slots=True)`.
bool has_slots_of_fields(const BoundValue& klass);

/// True for a member of a class that `@dataclass` removes from it, so that only instances have it:
/// `x: T = field(…)` without a default.
bool is_field_without_default(const BoundValue& klass, const Definition& member);

}  // namespace launch::pysource
