#include "cli/screen.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/colour.hpp"
#include "base/text.hpp"
#include "cli/bars.hpp"

namespace launch::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::size_t kMostBars = 8;

struct Line {
  Stream stream = Stream::out;
  std::string who;
  std::string text;
};

struct Message {
  enum class Kind { warning, note };
  Kind kind = Kind::note;
  std::string text;
};

}  // namespace

struct Screen::State {
  State(Terminal& the_terminal, Output& the_output, StdoutIs what, std::string where, Clock& the_clock,
        std::size_t most)
      : terminal(the_terminal),
        output(the_output),
        stdout_is(what),
        draws(terminal.live() && (what == StdoutIs::document || output.reader().is_terminal)),
        logs(std::move(where)),
        clock(the_clock),
        room(most) {}

  Terminal& terminal;
  Output& output;
  const StdoutIs stdout_is;
  const bool draws;  ///< bars, over each other
  const std::string logs;
  Clock& clock;
  const std::size_t room;

  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<Line> items;
  std::deque<Message> messages;  ///< printed before lines, and never dropped
  Bars bars;
  bool bars_changed = false;              ///< since they were drawn; only if it draws
  std::size_t bytes = 0;                  ///< of the items
  std::uint64_t dropped = 0;              ///< lines since the last item
  std::atomic<std::uint64_t> pieces = 0;  ///< that the reader took
  bool closing = false;                   ///< somebody waits for the end
  bool closed = false;
  bool printing = false;

  bool has_text() const { return !items.empty() || !messages.empty() || dropped != 0; }
  bool is_empty() const { return !has_text() && !bars_changed && !printing; }

  void push(Stream stream, std::string_view who, std::string_view text) {
    const auto size = who.size() + text.size() + sizeof(Line);
    if (dropped != 0 || bytes + size > room) {
      ++dropped;
      return;
    }
    bytes += size;
    items.push_back({stream, std::string(who), std::string(text)});
    if (items.size() == 1) changed.notify_all();
  }

  void push(Message message) {
    const std::scoped_lock lock(mutex);
    messages.push_back(std::move(message));
    changed.notify_all();
  }

  /// The thread: prints all that there is, again and again.
  void print_all() {
    std::unique_lock lock(mutex);
    std::chrono::steady_clock::time_point drawn{};
    for (;;) {
      changed.wait(lock, [&] { return has_text() || bars_changed || closed; });
      if (!has_text() && bars_changed) {  // bars alone, which may wait for the next ones
        const auto rest = drawn + kRedraw - clock.steady();
        changed.wait_for(lock, rest, [&] { return has_text() || closing || closed; });
      }
      if (!has_text() && !bars_changed) return;
      const auto batch = std::exchange(items, {});
      const auto missing = std::exchange(dropped, 0);
      const auto drawing = draws ? bars.all() : std::vector<Bar>();
      bars_changed = false;
      bytes = 0;
      printing = true;
      lock.unlock();
      print(batch);
      if (missing != 0) terminal.line(dropped_text(missing));
      if (draws) draw(drawing);
      drawn = clock.steady();
      lock.lock();
      printing = false;
      changed.notify_all();
    }
  }

  std::string dropped_text(std::uint64_t lines) const {
    return fmt::format("{} not shown, because nothing read them; see {}", count_of(lines, "line"), logs);
  }

  /// Consecutive lines for one place are one write, of a size that a slow reader takes within moments.
  void print(const std::deque<Line>& batch) {
    constexpr std::size_t kPiece = std::size_t{64} << 10;
    std::string data;
    std::string text;
    const auto put = [&] {
      if (!data.empty()) {
        if (draws) terminal.clear();
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
      const bool is_data = item.stream == Stream::out && stdout_is == StdoutIs::lines;
      if (is_data ? !text.empty() : !data.empty()) put();
      if (is_data) {
        fmt::format_to(std::back_inserter(data), "{} {}\n", item.who,
                       printable(item.text, output.reader().colours));
      } else {
        text += line_of(item.who, item.text);
      }
      if (data.size() + text.size() >= kPiece) put();
    }
    put();
  }

  std::string line_of(std::string_view who, std::string_view text) const {
    return Terminal::joined(terminal.dim(who), " ", terminal.printed(text));
  }

  void draw(const std::vector<Bar>& all) {
    const auto most = std::min(kMostBars, terminal.room_for_bars());
    const auto shown = all.size() > most ? most - 1 : all.size();
    std::vector<std::string> drawing;
    for (std::size_t i = 0; i < shown; ++i) drawing.push_back(line_of(all[i].who, all[i].text));
    if (shown < all.size())
      drawing.push_back(Terminal::joined(terminal.dim(
          fmt::format("and {}", count_of(all.size() - shown, shown == 0 ? "bar" : "more bar")))));
    terminal.bars(drawing);
  }

  void print_messages() {
    std::deque<Message> now;
    {
      const std::scoped_lock lock(mutex);
      now = std::exchange(messages, {});
    }
    for (const auto& item : now) {
      item.kind == Message::Kind::warning ? terminal.warn(item.text) : terminal.note(item.text);
      ++pieces;
    }
  }
};

Screen::Screen(Terminal& terminal, Output& output, StdoutIs stdout_is, std::string logs, Clock& clock,
               std::size_t room)
    : state_(std::make_shared<State>(terminal, output, stdout_is, std::move(logs), clock, room)) {
  std::thread([state = state_] { state->print_all(); }).detach();
}

Screen::~Screen() {
  const std::scoped_lock lock(state_->mutex);
  state_->closed = true;
  state_->changed.notify_all();
}

void Screen::line(Stream stream, std::string_view who, std::string_view text) {
  auto& state = *state_;
  const std::scoped_lock lock(state.mutex);
  if (state.bars.end(stream, who)) state.bars_changed = state.draws;
  state.push(stream, who, text);
}

void Screen::bar(Stream stream, std::string_view who, std::string_view text) {
  auto& state = *state_;
  const std::scoped_lock lock(state.mutex);
  state.bars.set(stream, who, text);
  if (!state.draws) {
    if (const auto due = state.bars.take_due(stream, who, state.clock.steady()))
      state.push(stream, who, *due);
    return;
  }
  if (!std::exchange(state.bars_changed, true)) state.changed.notify_all();
}

void Screen::warn(std::string_view text) {
  state_->push({Message::Kind::warning, std::string(text)});
}

void Screen::note(std::string_view text) {
  state_->push({Message::Kind::note, std::string(text)});
}

void Screen::progress(std::string_view /*what*/, std::uint64_t /*done*/, std::uint64_t /*total*/) {}
void Screen::status(std::string_view /*what*/) {}

bool Screen::close(const std::stop_token& stop, std::chrono::milliseconds patience) {
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  for (const auto& bar : state.bars.all()) state.push(bar.stream, bar.who, bar.text);
  state.bars.clear();
  state.closing = true;
  state.changed.notify_all();
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
