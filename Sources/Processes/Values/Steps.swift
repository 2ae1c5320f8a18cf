/// What one evaluation may cost, in steps of about ten nanoseconds to a microsecond: a value looked at, a byte written. Counted, never timed,
/// so that a state fails or succeeds alike on every machine.
package struct Steps {
    /// For one state's data: some ten times what reading a value of the greatest size takes.
    package static let countMax = 20_000_000

    /// Never below 0.
    package private(set) var left: Int

    package init(_ count: Int = countMax) { left = count }

    /// - Throws: when there are not so many left.
    package mutating func charge(_ count: Int = 1) throws(StateError) {
        guard count <= left else {
            left = 0
            throw StateError(.runtime, "working out this state's data takes more than \(Self.countMax) steps")
        }
        left -= count
    }
}
