/// Where a walk over pages began: later pages read the rows of then, and of versioned tables the versions and states of then. A cursor carries it.
package struct WalkBeginning: Sendable, Equatable {
    /// What came later has not come for the walk.
    package let sequence: Int64
    /// Of the last commit of then, in microseconds since 1970: what ended later had not ended for the walk. Rows say when they ended, and not by which sequence.
    ///
    /// Nil where it is not known, of a copy of a store or a cursor of an earlier program: states are then as they are now.
    package let instant: Int64?

    package init(sequence: Int64, instant: Int64?) { (self.sequence, self.instant) = (sequence, instant) }

    /// As a field of a cursor: the sequence, and the instant behind it where it is known; eight bytes each, the highest first.
    package var bytes: [UInt8] {
        ([sequence] + (instant.map { [$0] } ?? [])).flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
    }

    /// Nil for a field of another length.
    package init?(bytes: [UInt8]) {
        func integer(_ start: Int) -> Int64 { bytes.withUnsafeBytes { Int64(bigEndian: $0.loadUnaligned(fromByteOffset: start, as: Int64.self)) } }
        switch bytes.count {
        case 8: self.init(sequence: integer(0), instant: nil)
        case 16: self.init(sequence: integer(0), instant: integer(8))
        default: return nil
        }
    }
}
