internal import ColumnStore

/// What a Task, Parallel or Map does with its result, and with an error.
package struct ErrorHandling: Sendable, Equatable {
    package let resultSelector: Template?
    package let resultPath: ResultPath
    /// Asked in this order, before the catchers.
    package let retriers: [Retrier]
    package let catchers: [Catcher]
}

/// One element of `Retry` (Amazon States Language, "Retrying after error"). Without a word of its own: after 1 s, 3 attempts, each pause twice the last.
package struct Retrier: Sendable, Equatable {
    /// `ErrorEquals`: never empty.
    package let errors: [String]
    package let intervalSeconds: Int64
    /// Attempts after the first; 0 names errors that are not tried again.
    package let attemptCountMax: Int64
    /// At least 1.
    package let backoffRate: Double
    /// Nil: a year.
    package let delaySecondsMax: Int64?
    package let hasFullJitter: Bool

    /// Microseconds before the attempt after `attemptCount` of them: exponential, bounded, and anywhere below that with jitter.
    package func delay(attemptCount: Int64, _ chance: inout Chance) -> Int64 {
        let bound = delaySecondsMax.map(Double.init) ?? Self.secondsMax
        var seconds = min(Double(intervalSeconds), bound)
        // The rate's power, by squares: a hundred million attempts are 27 steps. No rate is below 1, and what becomes infinite is past the bound.
        var (power, left) = (backoffRate, attemptCount)
        while left > 0, seconds < bound {
            if left & 1 == 1 { seconds = min(seconds * power, bound) }
            power *= power
            left >>= 1
        }
        if hasFullJitter { seconds *= chance.fraction() }
        return Int64(seconds * 1_000_000)
    }

    /// A year, as `MaxDelaySeconds` at its greatest.
    package static let secondsMax = 31_622_400.0
}

/// One element of `Catch`: where to go on with an error, and where its text is put.
package struct Catcher: Sendable, Equatable {
    package let errors: [String]
    package let resultPath: ResultPath
    /// Its place in `Machine.states`.
    package let next: Int
}

extension StateError {
    /// Whether `names`, an `ErrorEquals`, mean this error.
    ///
    /// - Parameter isOfBranch: it comes out of a branch of the state that asks.
    package func isNamed(in names: [String], isOfBranch: Bool = false) -> Bool {
        names.contains { wanted in
            if wanted == name { return true }
            switch Name(rawValue: wanted) {
            case .all: return true
            // Every error but this one.
            case .taskFailed: return name != Name.timeout.rawValue
            case .timeout: return name == Name.heartbeatTimeout.rawValue
            case .branchFailed: return isOfBranch
            default: return false
            }
        }
    }
}

/// Reads `ResultSelector`, `ResultPath`, `Retry` and `Catch`.
///
/// What a member lacks or gets wrong is a fault, and a usual value in its place.
struct HandlingReader {
    let object: ObjectReader
    /// Of the state's scope, by name.
    let states: [String: Int]

    func handling() -> ErrorHandling {
        ErrorHandling(resultSelector: object.template("ResultSelector"), resultPath: Self.resultPath(object), retriers: retriers(), catchers: catchers())
    }

    /// Null discards the result; without the member it takes the place of the input.
    static func resultPath(_ object: ObjectReader) -> ResultPath {
        if object.isNull("ResultPath") { return .discarded }
        guard let path = object.path("ResultPath") else { return .place(.whole) }
        if path.root != .data || !path.isReference {
            object.add(.badExpression, "ResultPath", "ResultPath names one place in the state's data by members and indexes, not \(path.text)")
        }
        return .place(path)
    }

    private func retriers() -> [Retrier] {
        let elements = object.array("Retry") ?? []
        return elements.enumerated().compactMap { index, element in
            guard let reader = ObjectReader(element, at: "\(object.place("Retry"))/\(index)", object.faults) else { return nil }
            let interval = reader.integer("IntervalSeconds", 1...31_622_400) ?? 1
            let delayMax = reader.integer("MaxDelaySeconds", 1...31_622_400)
            let jitter = reader.text("JitterStrategy")
            if let jitter, jitter != "FULL", jitter != "NONE" { reader.add(.badValue, "JitterStrategy", "JitterStrategy is FULL or NONE, not \(jitter)") }
            let retrier = Retrier(
                errors: errors(reader, isLast: index == elements.count - 1), intervalSeconds: interval,
                attemptCountMax: reader.integer("MaxAttempts", 0...99_999_999) ?? 3, backoffRate: reader.number("BackoffRate", 1...1_000_000) ?? 2,
                delaySecondsMax: delayMax, hasFullJitter: jitter == "FULL")
            _ = reader.value("Comment")
            reader.finish("a retrier")
            return retrier
        }
    }

    private func catchers() -> [Catcher] {
        let elements = object.array("Catch") ?? []
        return elements.enumerated().compactMap { index, element in
            guard let reader = ObjectReader(element, at: "\(object.place("Catch"))/\(index)", object.faults) else { return nil }
            let catcher = Catcher(
                errors: errors(reader, isLast: index == elements.count - 1), resultPath: Self.resultPath(reader),
                next: NextReader(object: reader, states: states).target("Next", isRequired: true) ?? 0)
            _ = reader.value("Comment")
            reader.finish("a catcher")
            return catcher
        }
    }

    /// `ErrorEquals`. `States.ALL` stands alone, in the last retrier or catcher, since nothing behind it would ever be asked.
    private func errors(_ reader: ObjectReader, isLast: Bool) -> [String] {
        let elements = reader.array("ErrorEquals", isRequired: true) ?? []
        let names = elements.compactMap(\.text)
        if reader.has("ErrorEquals"), names.isEmpty || names.count < elements.count {
            reader.add(.badValue, "ErrorEquals", "ErrorEquals is a list of at least one error's name")
        }
        for name in names where name.hasPrefix("States.") && StateError.Name(rawValue: name) == nil {
            reader.add(.badValue, "ErrorEquals", "\(name) is no error of the language")
        }
        if names.contains(StateError.Name.all.rawValue), names.count > 1 || !isLast {
            reader.add(.badValue, "ErrorEquals", "States.ALL stands alone, and last")
        }
        return names
    }
}

/// Reads the names of states to go on with.
struct NextReader {
    let object: ObjectReader
    let states: [String: Int]

    /// The place of a state in the same scope; nil, with a fault, for any other name.
    func target(_ name: String, isRequired: Bool = false) -> Int? {
        guard let text = object.text(name, isRequired: isRequired) else { return nil }
        guard let place = states[text] else {
            object.add(.unknownState, name, "there is no state \(text) in this scope")
            return nil
        }
        return place
    }

    /// `Next` or `End`.
    func next() -> StateDefinition.Next? {
        object.refuseBoth("Next", "End")
        if let isEnd = object.boolean("End") {
            if !isEnd { object.add(.badValue, "End", "End is true, or is left out") }
            _ = object.value("Next")
            return .end
        }
        guard object.has("Next") else {
            _ = object.value("Next")
            if !object.has("End") { object.add(.missingMember, "Next", "Next or End is missing") }
            return nil
        }
        return target("Next").map(StateDefinition.Next.state)
    }
}
