#include "cli/screen.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::cli {
namespace {

constexpr char kOut = 'o';
constexpr char kErr = 'e';
constexpr char kWarning = 'w';
constexpr char kNote = 'n';

struct Item {
  char kind = kOut;
  std::string who;
  std::string text;
};

}  // namespace

struct Screen::State {
  State(Terminal& the_terminal, Output& the_output, bool is_data, std::string where, std::size_t most)
      : terminal(the_terminal),
        output(the_output),
        output_is_data(is_data),
        logs(std::move(where)),
        room(most) {}

  Terminal& terminal;
  Output& output;
  const bool output_is_data;
  const std::string logs;
  const std::size_t room;

  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<Item> items;
  std::deque<Item> messages;              ///< warnings and notes: printed before lines, and never dropped
  std::size_t bytes = 0;                  ///< of the items
  std::uint64_t dropped = 0;              ///< lines since the last item
  std::atomic<std::uint64_t> pieces = 0;  ///< that the reader took
  bool closed = false;
  bool printing = false;

  bool is_empty() const { return items.empty() && messages.empty() && dropped == 0 && !printing; }

  /// The thread: prints all that there is, again and again.
  void print_all() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return !items.empty() || !messages.empty() || dropped != 0 || closed; });
      if (items.empty() && messages.empty() && dropped == 0) return;
      const auto batch = std::exchange(items, {});
      const auto missing = std::exchange(dropped, 0);
      bytes = 0;
      printing = true;
      lock.unlock();
      print(batch);
      if (missing != 0) terminal.line(dropped_text(missing));
      lock.lock();
      printing = false;
      changed.notify_all();
    }
  }

  std::string dropped_text(std::uint64_t lines) const {
    return fmt::format("{} not shown, because nothing read them; see {}", count_of(lines, "line"), logs);
  }

  /// Consecutive lines for one place are one write, of a size that a slow reader takes within moments.
  void print(const std::deque<Item>& batch) {
    constexpr std::size_t kPiece = std::size_t{64} << 10;
    std::string data;
    std::string text;
    const auto put = [&] {
      if (!data.empty()) {
        output.write(data);
        output.flush();
      }
      if (!text.empty()) terminal.bytes(text);
      data.clear();
      text.clear();
      ++pieces;
      print_messages();
    };
    print_messages();
    for (const auto& item : batch) {
      const bool is_data = item.kind == kOut && !output_is_data;
      if (is_data ? !text.empty() : !data.empty()) put();
      if (is_data) {
        fmt::format_to(std::back_inserter(data), "{} {}\n", item.who, printable(item.text));
      } else {
        text += Terminal::joined(terminal.dim(item.who), " ", item.text);
      }
      if (data.size() + text.size() >= kPiece) put();
    }
    put();
  }

  void print_messages() {
    std::deque<Item> now;
    {
      const std::scoped_lock lock(mutex);
      now = std::exchange(messages, {});
    }
    for (const auto& item : now) {
      item.kind == kWarning ? terminal.warn(item.text) : terminal.note(item.text);
      ++pieces;
    }
  }
};

Screen::Screen(Terminal& terminal, Output& output, bool output_is_data, std::string logs, std::size_t room)
    : state_(std::make_shared<State>(terminal, output, output_is_data, std::move(logs), room)) {
  std::thread([state = state_] { state->print_all(); }).detach();
}

Screen::~Screen() {
  const std::scoped_lock lock(state_->mutex);
  state_->closed = true;
  state_->changed.notify_all();
}

void Screen::push(char kind, std::string_view who, std::string_view text) {
  auto& state = *state_;
  const std::scoped_lock lock(state.mutex);
  if (kind == kWarning || kind == kNote) {
    state.messages.push_back({kind, {}, std::string(text)});
    state.changed.notify_all();
    return;
  }
  const auto size = who.size() + text.size() + sizeof(Item);
  if (state.dropped != 0 || state.bytes + size > state.room) {
    ++state.dropped;
    return;
  }
  state.bytes += size;
  state.items.push_back({kind, std::string(who), std::string(text)});
  if (state.items.size() == 1) state.changed.notify_all();
}

void Screen::line(Stream stream, std::string_view who, std::string_view text) {
  push(stream == Stream::out ? kOut : kErr, who, text);
}

void Screen::warn(std::string_view text) {
  push(kWarning, {}, text);
}

void Screen::note(std::string_view text) {
  push(kNote, {}, text);
}

void Screen::progress(std::string_view /*what*/, std::uint64_t /*done*/, std::uint64_t /*total*/) {}
void Screen::status(std::string_view /*what*/) {}

bool Screen::close(const std::stop_token& stop, std::chrono::milliseconds patience) {
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto is_empty = [&] { return state.is_empty(); };
  state.changed.wait(lock, stop, is_empty);
  while (!is_empty()) {
    const std::uint64_t before = state.pieces;
    state.changed.wait_for(lock, patience, is_empty);
    if (state.pieces == before) return state.is_empty();
  }
  return true;
}

}  // namespace launch::cli
