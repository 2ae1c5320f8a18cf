import Synchronization

/// What the files of exports have that are being made side by side: of these the catalog knows nothing yet.
///
/// A place is had until the catalog knows how its export has ended. So each byte is in one of the two, and whoever asks the catalog anew as often as one has left misses none; for a moment one may be in both.
final class ExportSpace: Sendable {
    private struct State {
        var byteCounts: [Int: Int64] = [:]
        var number = 0
        var leftCount = 0
    }
    private let state = Mutex(State())

    func enter() -> Place {
        Place(self, state.withLock { state in
            state.number += 1
            return state.number
        })
    }

    /// Of one export while it is made.
    final class Place: Sendable {
        private let space: ExportSpace
        private let number: Int

        fileprivate init(_ space: ExportSpace, _ number: Int) { (self.space, self.number) = (space, number) }

        /// How many have left by now.
        var leftCount: Int { space.state.withLock { $0.leftCount } }

        /// Takes room for so many bytes more, at once with the look whether there is any.
        ///
        /// - Parameters:
        ///   - leftCount: how many had left before the catalog was asked.
        ///   - check: throws where there is no room beside what others have that are being made.
        /// - Returns: false where another has left since: the catalog is to be asked anew.
        func take(_ byteCount: Int64, leftCount: Int, _ check: (_ othersByteCount: Int64) throws -> Void) throws -> Bool {
            try space.state.withLock { state -> Bool in
                guard state.leftCount == leftCount else { return false }
                var others: Int64 = 0
                for (number, count) in state.byteCounts where number != self.number { others += count }
                try check(others)
                state.byteCounts[number, default: 0] += byteCount
                return true
            }
        }

        /// Once the catalog knows.
        func leave() {
            space.state.withLock { state in
                state.byteCounts[number] = nil
                state.leftCount += 1
            }
        }
    }
}
