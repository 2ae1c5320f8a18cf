import Glibc
internal import Ingest

/// How a program ends.
package enum ProcessEnd {
    /// At once, and without handlers of an exit: they take down objects of libraries in C++ that threads nobody waits for may call still. A server that was stopped in its start ended so, by SIGABRT
    /// (`pure virtual method called`).
    package static func end(_ status: Int32) -> Never {
        // Their owners are not taken down.
        ScratchFolder.removeAll()
        fflush(nil)
        _exit(status)
    }
}
