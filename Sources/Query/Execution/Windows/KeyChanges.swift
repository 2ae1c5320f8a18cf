internal import Glibc
import ColumnStore

extension ByteArrays {
    /// For each row whether its key differs from that of the row before; what begins a partition, and what ends a group of peers.
    /// - Parameter last: the key before the first row's; nil where none is: the first differs then.
    func changes(after last: [UInt8]?) -> [Bool] {
        let count = count
        return bytes.withUnsafeBytes { bytes in
            offsets.withUnsafeBufferPointer { offsets in
                [Bool](unsafeUninitializedCapacity: count) { changes, filled in
                    for row in 0..<count {
                        let start = Int(offsets[row]), length = Int(offsets[row + 1]) - start
                        if row == 0 {
                            changes[0] = last.map { !$0.elementsEqual(bytes[start..<(start + length)]) } ?? true
                            continue
                        }
                        let before = Int(offsets[row - 1])
                        guard start - before == length else {
                            changes[row] = true
                            continue
                        }
                        // Of no bytes all keys are one.
                        changes[row] = length > 0 && bytes.baseAddress.map { memcmp($0 + before, $0 + start, length) != 0 } ?? false
                    }
                    filled = count
                }
            }
        }
    }
}
