import ColumnStore
import Documents

extension DocumentVersion {
    /// Of a version beside its changes: numbers, instants, ids.
    private static let ownByteCount = 512
    /// What stands around a change.
    private static let aroundByteCount = 32

    /// What it takes at most as JSON, in bytes: each change has its value before and in this version, and of a text of control characters each is six times as long.
    ///
    /// - Complexity: O(bytes of the texts).
    package var textByteCountMax: Int {
        changes.reduce(Self.ownByteCount) { sum, change in
            let (from, to) = (change.from.textByteCountMax(change.field.type), change.to.textByteCountMax(change.field.type))
            return sum.addingSaturating(change.field.nameByteCountMax).addingSaturating(from).addingSaturating(to).addingSaturating(Self.aroundByteCount)
        }
    }
}

extension Field {
    /// Of its name as JSON.
    fileprivate var nameByteCountMax: Int { name.utf8.count.multipliedSaturating(by: 6).addingSaturating(4) }
}

extension Value {
    /// A number, an instant, a truth value: a decimal's 38 digits with mark, sign and quotes are the longest.
    private static let plainByteCount = 48

    /// As `JSONForm.text` puts it, at most. Nearer than `EncodedSize`, which is for whole columns: a list may have a million short texts.
    fileprivate func textByteCountMax(_ type: ColumnType) -> Int {
        switch (self, type) {
        case (.bytes(let bytes), .binary): return (bytes.count + 2) / 3 * 4 + 2
        case (.bytes(let bytes), _): return JSONForm.quotedByteCount(bytes)
        case (.list(let values), .list(let element)):
            return values.reduce(2) { $0.addingSaturating($1.textByteCountMax(element.type)).addingSaturating(1) }
        case (.structure(let values), .structure(let fields)):
            return zip(fields, values).reduce(2) { sum, member in
                sum.addingSaturating(member.0.nameByteCountMax).addingSaturating(member.1.textByteCountMax(member.0.type)).addingSaturating(2)
            }
        default: return Self.plainByteCount
        }
    }
}
