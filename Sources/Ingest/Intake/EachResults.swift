internal import Documents
internal import Synchronization

/// What became of receipts that count each on their own, gathered as their commits end, in any order.
///
/// Any thread sets results; the one that sets the last of them, or says that no more come, answers.
final class EachResults: Sendable {
    /// Invariant: `left` is how many of `results` are nil; `completion` is called once, when it is 0 and `isWhole` is set.
    private struct State {
        var results: [Result<Accepted, Fault>?] = []
        /// Of lines: where each stands in the body.
        var numbers: [Int] = []
        var left = 0
        var isWhole = false
        var beyondCount = 0
        var beyond: LineNumbers?
        /// Of the faults in the answer.
        var violationByteCount = 0
        /// Of versioned tables: which receipts the body has brought, and where first.
        var brought: [ReceiptIdentity: Int] = [:]
    }

    private let state = Mutex(State())
    private let completion: @Sendable (IntakeOutcome) -> Void

    init(_ completion: @escaping @Sendable (IntakeOutcome) -> Void) { self.completion = completion }

    /// Places for so many receipts: the first one's.
    ///
    /// - Parameter numbers: those of their lines, if they are lines.
    func reserve(_ count: Int, numbers: [Int] = []) -> Int {
        state.withLock { state in
            state.numbers.append(contentsOf: numbers)
            state.results.append(contentsOf: repeatElement(nil, count: count))
            state.left += count
            return state.results.count - count
        }
    }

    /// Notes a receipt of a versioned table.
    ///
    /// - Returns: where the body has brought it before; nil when this is the first.
    func first(_ identity: ReceiptIdentity, at place: Int) -> Int? {
        state.withLock { state in
            if let known = state.brought[identity] { return known }
            state.brought[identity] = place
            return nil
        }
    }

    /// The line of a place, from 1; of what is no line, how manieth it is.
    func number(of place: Int) -> Int { state.withLock { $0.numbers.indices.contains(place) ? $0.numbers[place] : place + 1 } }

    /// A place that has a result keeps it.
    func set(_ place: Int, _ result: Result<Accepted, Fault>) { set([(place, result)]) }

    func set(_ results: [(place: Int, result: Result<Accepted, Fault>)]) {
        let whole = state.withLock { state -> IntakeOutcome? in
            for (place, result) in results where state.results[place] == nil {
                state.results[place] = Self.shortened(result, &state.violationByteCount)
                state.left -= 1
            }
            return Self.outcome(&state)
        }
        if let whole { completion(whole) }
    }

    /// No more receipts come: `beyondCount` were left out.
    ///
    /// - Parameter numbers: those of lines that were left out.
    func finish(beyondCount: Int, numbers: LineNumbers? = nil) {
        let whole = state.withLock { state -> IntakeOutcome? in
            (state.isWhole, state.beyondCount, state.beyond) = (true, beyondCount, numbers)
            return Self.outcome(&state)
        }
        if let whole { completion(whole) }
    }

    /// - Returns: nil while something is missing.
    private static func outcome(_ state: inout State) -> IntakeOutcome? {
        guard state.isWhole, state.left == 0 else { return nil }
        defer { state.results = [] }
        let results = state.results.compactMap { $0 }
        guard let beyond = state.beyond, state.numbers.count == results.count else {
            return state.beyondCount == 0 ? .each(results) : .eachOfMore(results, beyondCount: state.beyondCount, lines: nil)
        }
        // Without a line of blanks among them each has the number of its place.
        let isPlain = beyond.count == 0 && (state.numbers.last ?? 0) == results.count
        return isPlain ? .each(results) : .eachOfMore(results, beyondCount: beyond.count, lines: AcceptedLines(results: state.numbers, beyond: beyond))
    }

    /// As the reader of the body has it (`Fault.shorten`), and with what was found since.
    private static func shortened(_ result: Result<Accepted, Fault>, _ byteCount: inout Int) -> Result<Accepted, Fault> {
        guard case .failure(var problem) = result else { return result }
        problem.shorten(&byteCount)
        return .failure(problem)
    }
}
