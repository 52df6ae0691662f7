#include "cli/screen.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
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
constexpr std::chrono::milliseconds kGather{5};  ///< between two batches of lines, so that they are not small
constexpr std::size_t kEnough = std::size_t{256} << 10;  ///< bytes of lines that are printed at once
constexpr std::size_t kMostBars = 8;

/// Lines in their order, in memory that is used again.
class Lines {
 public:
  bool empty() const { return extents_.empty(); }
  /// Of memory.
  std::size_t bytes() const { return text_.size() + extents_.size() * sizeof(Extent); }
  static std::size_t bytes_of(std::string_view who, std::string_view text) {
    return who.size() + text.size() + sizeof(Extent);
  }

  void add(Stream stream, std::string_view who, std::string_view text) {
    extents_.push_back({stream, who.size(), text.size()});
    text_.append(who).append(text);
  }
  void clear() {
    text_.clear();
    extents_.clear();
  }
  /// Calls `visit` with the stream, who wrote it and the text of each.
  template <typename Visit>
  void each(const Visit& visit) const {
    std::string_view rest = text_;
    const auto take = [&rest](std::size_t size) {
      const auto taken = rest.substr(0, size);
      rest.remove_prefix(size);
      return taken;
    };
    for (const auto& [stream, who_size, text_size] : extents_) {
      const auto who = take(who_size);
      visit(stream, who, take(text_size));
    }
  }

 private:
  struct Extent {
    Stream stream = Stream::out;
    std::size_t who = 0;   ///< bytes
    std::size_t text = 0;  ///< bytes
  };

  std::string text_;
  std::vector<Extent> extents_;
};

struct Message {
  enum class Kind { warning, note, dropped };
  Kind kind = Kind::note;
  std::string text;
};

/// What goes to one reader, in its order.
struct Lane {
  Lines lines;
  std::uint64_t dropped = 0;              ///< since the last of the lines
  std::atomic<std::uint64_t> pieces = 0;  ///< that the reader took
  bool printing = false;

  bool has_text() const { return !lines.empty() || dropped != 0; }
};

}  // namespace

struct Screen::State {
  State(Terminal& the_terminal, Output& the_output, StdoutIs what, std::string where, Clock& the_clock,
        std::size_t most)
      : terminal(the_terminal),
        output(the_output),
        stdout_is(what),
        draws(terminal.live() && (what == StdoutIs::document || output.reader().is_terminal)),
        together(draws || what == StdoutIs::document || output.reader().is_stderr),
        logs(std::move(where)),
        clock(the_clock),
        room(most) {}

  Terminal& terminal;
  Output& output;
  const StdoutIs stdout_is;
  const bool draws;     ///< bars, over each other
  const bool together;  ///< one reader has both streams, or all lines go to stderr
  const std::string logs;
  Clock& clock;
  const std::size_t room;

  std::mutex mutex;
  std::condition_variable_any changed;
  Lane out;                      ///< unused if `together`
  Lane err;                      ///< everything else, with messages and bars
  std::deque<Message> messages;  ///< printed before lines, and never dropped
  Bars bars;
  bool bars_changed = false;  ///< since they were drawn; only if it draws
  bool closing = false;       ///< somebody waits for the end
  bool closed = false;

  Lane& lane_of(Stream stream) { return stream == Stream::out && !together ? out : err; }
  bool has_text(const Lane& lane) const { return lane.has_text() || (&lane == &err && !messages.empty()); }
  bool has_bars(const Lane& lane) const { return &lane == &err && bars_changed; }
  bool is_empty(const Lane& lane) const { return !has_text(lane) && !has_bars(lane) && !lane.printing; }

  void push(Stream stream, std::string_view who, std::string_view text) {
    auto& lane = lane_of(stream);
    const auto before = lane.lines.bytes();
    if (lane.dropped != 0 || before + Lines::bytes_of(who, text) > room) {
      ++lane.dropped;
    } else {
      lane.lines.add(stream, who, text);
    }
    if (before == 0 || (before < kEnough && lane.lines.bytes() >= kEnough)) changed.notify_all();
  }

  void push(Message message) {
    const std::scoped_lock lock(mutex);
    messages.push_back(std::move(message));
    changed.notify_all();
  }

  /// The thread of a lane: prints all that there is, again and again.
  void print_all(Lane& lane) {
    Lines batch;
    std::unique_lock lock(mutex);
    std::chrono::steady_clock::time_point printed{};
    for (;;) {
      changed.wait(lock, [&] { return has_text(lane) || has_bars(lane) || closed; });
      wait_for_more(lane, printed, lock);
      if (!has_text(lane) && !has_bars(lane)) return;
      batch.clear();
      std::swap(batch, lane.lines);
      const auto missing = std::exchange(lane.dropped, 0);
      const bool draws_now = draws && &lane == &err;
      const auto drawing = draws_now ? bars.all() : std::vector<Bar>();
      if (draws_now) bars_changed = false;
      lane.printing = true;
      lock.unlock();
      print(batch, lane);
      if (missing != 0) tell_dropped(missing, lane);
      if (draws_now) draw(drawing);
      printed = clock.steady();
      lock.lock();
      lane.printing = false;
      changed.notify_all();
    }
  }

  /// What follows the last batch at once may wait for a little more: bars for the next ones or for lines,
  /// lines for each other. A thread that is woken for each line takes longer than the lines.
  void wait_for_more(const Lane& lane, std::chrono::steady_clock::time_point printed,
                     std::unique_lock<std::mutex>& lock) {
    if (closing || closed) return;  // the clock may be gone
    const bool bars_alone = !has_text(lane);
    changed.wait_for(lock, printed + (bars_alone ? kRedraw : kGather) - clock.steady(), [&] {
      return closing || closed || lane.lines.bytes() >= kEnough || (bars_alone && has_text(lane));
    });
  }

  void tell_dropped(std::uint64_t lines, const Lane& lane) {
    push({Message::Kind::dropped,
          fmt::format("{} not shown, because nothing read them; see {}", count_of(lines, "line"), logs)});
    if (&lane == &err) print_messages();
  }

  /// Consecutive lines for one place are one write, of a size that a slow reader takes within moments.
  void print(const Lines& batch, Lane& lane) {
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
      ++lane.pieces;
      if (&lane == &err) print_messages();
    };
    if (&lane == &err) print_messages();
    batch.each([&](Stream stream, std::string_view who, std::string_view line) {
      const bool is_data = stream == Stream::out && stdout_is == StdoutIs::lines;
      if (is_data ? !text.empty() : !data.empty()) put();
      if (is_data) {
        fmt::format_to(std::back_inserter(data), "{} {}\n", who, printable(line, output.reader().colours));
      } else {
        text += line_of(who, line);
      }
      if (data.size() + text.size() >= kPiece) put();
    });
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

  void print_message(const Message& message) {
    switch (message.kind) {
      case Message::Kind::warning:
        return terminal.warn(message.text);
      case Message::Kind::note:
        return terminal.note(message.text);
      case Message::Kind::dropped:
        return terminal.line(message.text);
    }
  }

  void print_messages() {
    std::deque<Message> now;
    {
      const std::scoped_lock lock(mutex);
      now = std::exchange(messages, {});
    }
    for (const auto& item : now) {
      print_message(item);
      ++err.pieces;
    }
  }
};

Screen::Screen(Terminal& terminal, Output& output, StdoutIs stdout_is, std::string logs, Clock& clock,
               std::size_t room)
    : state_(std::make_shared<State>(terminal, output, stdout_is, std::move(logs), clock, room)) {
  std::thread([state = state_] { state->print_all(state->err); }).detach();
  if (!state_->together) std::thread([state = state_] { state->print_all(state->out); }).detach();
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

bool Screen::close(Stream stream, const std::stop_token& stop, std::chrono::milliseconds patience) {
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto& lane = state.lane_of(stream);
  for (const auto& bar : state.bars.all()) state.push(bar.stream, bar.who, bar.text);
  state.bars.clear();
  state.closing = true;
  state.changed.notify_all();
  const auto is_empty = [&] { return state.is_empty(lane); };
  state.changed.wait(lock, stop, is_empty);
  while (!is_empty()) {
    const std::uint64_t before = lane.pieces;
    state.changed.wait_for(lock, patience, is_empty);
    if (lane.pieces == before) return is_empty();
  }
  return true;
}

}  // namespace launch::cli
