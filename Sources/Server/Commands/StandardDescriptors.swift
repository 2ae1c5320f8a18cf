import Glibc

/// The three descriptors that every program is given, unless whoever starts it has closed one (`till serve 2>&-`). The system gives its number to the first file that is opened, and whatever
/// is said to a terminal, or to the log, is written into that file.
enum StandardDescriptors {
    /// Opens those that are closed, so that what reads or writes them still fails as it would have. To be called before any file is opened.
    static func keep() {
        // The lowest number that is free is the next one's.
        for one in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(one, F_GETFD) < 0 { _ = open("/dev/null", one == STDIN_FILENO ? O_WRONLY : O_RDONLY) }
    }
}
