import CICU
import Synchronization

/// The order that a language gives texts, by ICU: as what PostgreSQL calls `uk-x-icu` orders them.
///
/// Its key of a text is ICU's, which ends with a zero and has no other, and the text itself behind it: so keys order by language, texts that a
/// language holds for the same by their bytes, and the text can be had back.
///
/// Layout of a key: `ICU's bytes | 00 | the text in UTF-8`. The first zero ends ICU's part; a text may hold zeros itself, since nothing is looked for
/// behind the first.
final class Collator: Sendable {
    /// Of names: those whose order is that of the bytes.
    static let byteOrders: Set<String> = ["C", "POSIX", "ucs_basic", "default", "C.UTF-8", "C.utf8"]
    private static let suffix = "-x-icu"
    /// Longer ones are refused: ICU works on a whole text at once.
    static let textByteCountMax = 16 << 20

    /// Made once each, for good: there are as many as languages.
    private static let open = Mutex<[String: Collator]>([:])

    /// Tags of the languages that ICU has an order for.
    ///
    /// BCP 47 tags, such as `uk` or `de-AT`, and `und` for the root order.
    private static let tags: Set<String> = {
        var tags: Set<String> = ["und"]
        var tag = [CChar](repeating: 0, count: 200)
        for index in 0..<till_icu_locale_count() {
            let count = till_icu_locale_tag(index, &tag, Int32(tag.count))
            guard count > 0 else { continue }
            tags.insert(String(decoding: tag[..<Int(count)].map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return tags
    }()

    /// ICU's collator, open for good. Nothing but keys is asked of it, which leaves it as it is, so that threads share it.
    private nonisolated(unsafe) let handle: UnsafeMutableRawPointer

    private init(_ handle: UnsafeMutableRawPointer) { self.handle = handle }

    /// Whether it is the name of a language's order; those of `byteOrders` are not.
    static func exists(_ name: String) -> Bool { tag(of: name) != nil }

    /// The language of a collation's name; nil of a name that ICU does not know.
    static func tag(of name: String) -> String? {
        guard name.hasSuffix(suffix) else { return nil }
        let tag = String(name.dropLast(suffix.count))
        return tags.contains(tag) ? tag : nil
    }

    /// - Parameter name: `uk-x-icu` and its like; nil of any other.
    static func named(_ name: String) -> Collator? {
        guard let tag = tag(of: name) else { return nil }
        // Under the lock: no collator is opened twice.
        return open.withLock { open in
            if let known = open[name] { return known }
            guard let handle = till_icu_open(tag) else { return nil }
            let collator = Collator(handle)
            open[name] = collator
            return collator
        }
    }

    /// What `key` of a text of so many bytes takes while it is made, at most for most texts.
    static func byteCountBound(_ textByteCount: Int) -> Int { 8 * textByteCount + 64 }

    /// - Precondition: the text is at most `textByteCountMax` long.
    ///
    /// A key, as laid out above. Bytes that are no UTF-8 count as U+FFFD in the order, and are kept in the text behind.
    func key(of text: ArraySlice<UInt8>) -> [UInt8] {
        let units = Array(String(decoding: text, as: UTF8.self).utf16)
        let count = Int32(units.count)
        // A guess that most keys fit into; ICU says how long a longer one is.
        var key = [UInt8](repeating: 0, count: 3 * units.count + 32)
        var length = Int(till_icu_key(handle, units, count, &key, Int32(key.count)))
        if length > key.count {
            key = [UInt8](repeating: 0, count: length)
            length = Int(till_icu_key(handle, units, count, &key, Int32(key.count)))
        }
        key.removeLast(max(0, key.count - length))
        // Without memory ICU gives no key at all.
        return (key.isEmpty ? [0] : key) + text
    }

    /// The text of a key.
    static func text(of key: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let end = key.firstIndex(of: 0) else { return key[key.endIndex...] }
        return key[(end + 1)...]
    }
}
