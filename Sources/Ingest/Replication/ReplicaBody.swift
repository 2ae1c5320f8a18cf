/// What stands in the records of a pair:
///
///     body    := 1 bytes | 2 bytes | 3 file
///     file    := isLast:uint8 offset:int64 nameByteCount:uint16 name bytes
///
/// 1 is a part of a segment that goes on with the next record, 2 its last one: `LogSegment` as it lies in a log, cut into pieces that a message can hold. 3 is a piece of a file
/// that commits name: its pieces come in their order, and the last of them is empty. Others' records stand between them, and one that is brought again begins with an empty last piece.
/// On disk: do not renumber.
///
/// Parts of a segment are of one tenure: those of a leader that did not get to the last of them before the next one's fence count for nothing.
enum ReplicaBody: Equatable {
    case part(ArraySlice<UInt8>, isLast: Bool)
    case file(name: String, offset: Int64, bytes: ArraySlice<UInt8>, isLast: Bool)

    /// Of one record: many of them are held in memory.
    static let byteCountMax = 64 << 10

    /// - Returns: nil for bytes that are none.
    init?(_ bytes: [UInt8]) {
        switch bytes.first {
        case 1, 2: self = .part(bytes.dropFirst(), isLast: bytes[0] == 2)
        case 3:
            var reader = LittleEndianReader(bytes.dropFirst())
            guard let isLast = reader.uint8(), isLast <= 1, let offset = reader.int64(), offset >= 0, offset <= 1 << 50, let low = reader.uint8(), let high = reader.uint8(),
                let name = reader.take(Int(low) | Int(high) << 8).flatMap({ String(validating: $0, as: UTF8.self) }), let rest = reader.take(reader.remaining)
            else { return nil }
            self = .file(name: name, offset: offset, bytes: rest, isLast: isLast == 1)
        default: return nil
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .part(let part, let isLast): return [isLast ? 2 : 1] + part
        case .file(let name, let offset, let bytes, let isLast):
            var out = LittleEndianBytes(bytes: [3, isLast ? 1 : 0])
            out.append(offset)
            return out.bytes + LogPayload.head(name) + bytes
        }
    }

    /// A segment in parts.
    static func parts(_ segment: [UInt8]) -> [[UInt8]] {
        let size = byteCountMax - 1
        return stride(from: 0, to: segment.count, by: size).map { start in
            let end = min(segment.count, start + size)
            return ReplicaBody.part(segment[start..<end], isLast: end == segment.count).bytes
        }
    }
}
