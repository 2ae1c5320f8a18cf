import Glibc

/// How a program ends.
package enum ProcessEnd {
    /// At once, and without handlers of an exit: they take down objects of libraries in C++ (simdjson's parser of this processor is one) that threads nobody waits for may call still, as one of a server that is stopped in its start.
    package static func end(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }
}
