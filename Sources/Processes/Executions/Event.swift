package import ColumnStore

/// What can happen to an execution.
package enum Event: Sendable, Equatable {
    /// The end of a task, or of a child execution. The output of a task that reads items has `{"items": […], "last": true|false}`, and
    /// may say where the next page begins, as `"place"`, in words of its own that the next task gets.
    case taskSucceeded(token: String, output: JSONValue)
    case taskFailed(token: String, StateError)
    case heartbeat(token: String)
    /// - frame: nil of the execution's own timer.
    case timerFired(frame: Int?, serial: Int)
    /// Goes on where `Effect.proceed` left off.
    case proceed
    /// Ends a running execution where it stands.
    case abort
    /// Goes on from where it failed.
    case redrive
}

/// When an event happens, and what it brings along of chance.
package struct Moment: Sendable {
    package let now: Int64
    /// 32 bytes of the system's randomness.
    package let secret: [UInt8]
    /// Bytes that the execution's history may come to on disk, about.
    package let historyByteCountMax: Int

    package init(now: Int64, secret: [UInt8], historyByteCountMax: Int = Execution.historyByteCountMax) {
        (self.now, self.secret, self.historyByteCountMax) = (now, secret, historyByteCountMax)
    }
}

/// What became of an event.
package enum Disposition: Sendable, Equatable {
    case applied
    /// A timer that was cancelled, or fires again.
    case stale
    case taskEnded
    /// Not a token of this execution.
    case unknownToken
    /// It runs when it should have ended, or the other way round.
    case wrongState
    /// It would end again at once, with this error.
    case exceeded(StateError)
}

/// The secret by which a task is answered: `<execution>.<frame>.<number>.<code>`. The code is an HMAC, so that a token that has ended is known from one that never was.
package struct TaskToken: Sendable, Equatable {
    package let executionID: String
    package let frame: Int
    package let serial: Int
    let code: String

    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, let frame = Int(parts[parts.count - 3]), let serial = Int(parts[parts.count - 2]), frame >= 0, serial >= 0 else { return nil }
        executionID = parts[..<(parts.count - 3)].joined(separator: ".")
        (self.frame, self.serial, code) = (frame, serial, String(parts[parts.count - 1]))
    }

    init(_ execution: Execution, frame: Int, serial: Int) {
        (executionID, self.frame, self.serial) = (execution.identity.id, frame, serial)
        code = Hex.text(Array(HMACSHA256.authenticate(Array("\(execution.identity.id).\(frame).\(serial)".utf8), key: execution.tokenKey).prefix(16)))
    }

    package var text: String { "\(executionID).\(frame).\(serial).\(code)" }

    /// Whether it was given by this execution.
    func isGenuine(in execution: Execution) -> Bool {
        executionID == execution.identity.id
            && HMACSHA256.areEqual(Array(TaskToken(execution, frame: frame, serial: serial).code.utf8), Array(code.utf8))
    }
}
