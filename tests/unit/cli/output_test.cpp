#include "cli/output.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace launch::cli {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
  ~Pipe() { ::close(ends[0]); }
  std::string read_all() const {
    std::string text;
    std::array<char, 4096> part{};
    for (;;) {
      const auto size = ::read(ends[0], part.data(), part.size());
      if (size <= 0) return text;
      text.append(part.data(), static_cast<std::size_t>(size));
    }
  }
  std::array<int, 2> ends{};
};

TEST(Output, CloseWritesEveryByte) {
  const Pipe pipe;
  Output output(pipe.ends[1]);
  output.write("a");
  output.line("b");
  EXPECT_TRUE(output.close());
  EXPECT_TRUE(output.close());
  EXPECT_EQ(pipe.read_all(), "ab\n");
}

TEST(Output, FlushWritesWhatIsBuffered) {
  const Pipe pipe;
  Output output(pipe.ends[1]);
  output.line("a");
  output.flush();
  std::array<char, 8> part{};
  EXPECT_EQ(::read(pipe.ends[0], part.data(), part.size()), 2);
  EXPECT_TRUE(output.close());
}

TEST(Output, MoreThanANonBlockingPipeHolds) {
  const Pipe pipe;
  ::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK);
  Output output(pipe.ends[1]);
  const std::string text(1'000'000, 'x');
  std::string read;
  std::thread reader([&] { read = pipe.read_all(); });
  output.write(text);
  EXPECT_TRUE(output.close());
  reader.join();
  EXPECT_EQ(read, text);
}

TEST(Output, AFullDiskIsAnError) {
  Output output(::open("/dev/full", O_WRONLY));
  output.write(std::string(100'000, 'x'));
  output.line("more");
  const auto closed = output.close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().text(),
            "error: cannot write to standard output: No space left on device\n\n"
            "hint: free some disk space, or send the output to another disk\n");
  EXPECT_EQ(closed.error().kind(), ErrorKind::environment);
}

TEST(Output, ADescriptorThatCannotBeWrittenIsAnError) {
  Output output(::open("/dev/null", O_RDONLY));
  output.line("a");
  const auto closed = output.close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().text(), "error: cannot write to standard output: Bad file descriptor\n");
}

TEST(Output, AReaderThatGoesAwayIsNoError) {
  ASSERT_NE(std::signal(SIGPIPE, SIG_IGN), SIG_ERR);
  int writing = -1;
  {
    const Pipe pipe;
    writing = pipe.ends[1];
  }
  Output output(writing);
  output.line("a");
  EXPECT_TRUE(output.close());
}

TEST(Output, NothingWrittenCannotFail) {
  Output output(::open("/dev/full", O_WRONLY));
  EXPECT_TRUE(output.close());
}

}  // namespace
}  // namespace launch::cli
