internal import Synchronization

/// Pieces of objects that were fetched, or are on their way: for all objects of some storages together, which name them by their locations; bounded, the oldest go first.
///
/// What is on its way counts as there: who wants it too waits for it, and does not ask again.
final class FetchedPieces: Sendable {
    final class Piece: Sendable {
        let object: String
        let range: Range<Int64>
        let bytes: TransferPool.Promise<ByteRegion>

        init(object: String, range: Range<Int64>, bytes: TransferPool.Promise<ByteRegion>) {
            self.object = object
            self.range = range
            self.bytes = bytes
        }
    }

    /// 1. A piece is in `byObject` and `order`, or in neither; no object has an empty list.
    /// 2. Pieces of one object do not overlap.
    /// 3. `byteCount` is the sum of the lengths of all of them, those that are still on their way too.
    private struct State {
        var byObject: [String: [Piece]] = [:]
        var order: [Piece] = []
        var byteCount: Int64 = 0
    }
    private let state = Mutex(State())
    private let byteCountMax: Int64

    init(byteCountMax: Int64) { self.byteCountMax = byteCountMax }

    /// Those that are still on their way, too.
    var heldByteCount: Int64 { state.withLock { $0.byteCount } }

    /// Pieces that have a part of the range.
    func pieces(of object: String, in range: Range<Int64>) -> [Piece] {
        state.withLock { $0.byObject[object]?.filter { $0.range.overlaps(range) } ?? [] }
    }

    /// Has requests started for what nobody has asked for yet.
    ///
    /// - Parameter start: called for each under the lock, so that no two ask for the same: it must not wait.
    func add(_ requests: [Range<Int64>], of object: String, start: (Range<Int64>) -> TransferPool.Promise<ByteRegion>) {
        state.withLock { state in
            for request in requests {
                for part in RangePlan.missing(of: request, beside: state.byObject[object]?.map(\.range) ?? []) {
                    let piece = Piece(object: object, range: part, bytes: start(part))
                    state.byObject[object, default: []].append(piece)
                    state.order.append(piece)
                    state.byteCount += part.upperBound - part.lowerBound
                }
            }
            // The newest stays, however long it is: its reader is about to wait for it. Who holds a dropped piece keeps its bytes.
            var goneCount = 0
            while state.byteCount > byteCountMax, goneCount < state.order.count - 1 {
                Self.drop(state.order[goneCount], from: &state)
                goneCount += 1
            }
            state.order.removeFirst(goneCount)
        }
    }

    /// A piece that could not be had is to be asked for anew; a deleted object's are of no use.
    func forget(_ object: String, _ isGone: (Piece) -> Bool = { _ in true }) {
        state.withLock { state in
            for piece in state.byObject[object] ?? [] where isGone(piece) {
                state.order.removeAll { $0 === piece }
                Self.drop(piece, from: &state)
            }
        }
    }

    private static func drop(_ piece: Piece, from state: inout State) {
        state.byteCount -= piece.range.upperBound - piece.range.lowerBound
        state.byObject[piece.object]?.removeAll { $0 === piece }
        if state.byObject[piece.object]?.isEmpty == true { state.byObject[piece.object] = nil }
    }
}
