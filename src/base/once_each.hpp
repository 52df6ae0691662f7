#pragma once

#include <map>
#include <mutex>
#include <optional>

namespace launch {

/// Values that are each made once, by the first thread that asks for a key. Others that ask for it wait;
/// those that ask for another key do not.
template <class Key, class Value>
class OnceEach {
 public:
  /// `make` must not throw.
  template <class Make>
  const Value& of(const Key& key, const Make& make) {
    auto& slot = slot_of(key);
    std::call_once(slot.made, [&] { slot.value.emplace(make()); });
    return *slot.value;
  }

 private:
  struct Slot {
    std::once_flag made;
    std::optional<Value> value;
  };
  Slot& slot_of(const Key& key) {
    const std::scoped_lock lock(mutex_);
    return slots_[key];
  }

  std::mutex mutex_;
  std::map<Key, Slot> slots_;  ///< whose nodes stay where they are
};

}  // namespace launch
