#pragma once

#include <random>

namespace launch::fakes {

/// The same throws for the same seed, on every machine.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  int upto(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most + 1)); }
  bool chance(int percent) { return upto(99) < percent; }

 private:
  std::mt19937 random_;  // its numbers are fixed by the standard, unlike those of distributions
};

}  // namespace launch::fakes
