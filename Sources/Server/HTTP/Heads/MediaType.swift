internal import Documents
import Ingest

/// A media type as a Content-Type or an element of an Accept names it.
package struct MediaType: Sendable, Equatable {
    /// `type/subtype`, in lower case.
    package let essence: String
    /// In lower case, without quotes.
    package let charset: String?

    /// Nil for what has no type and subtype with a slash between. Parameters but `charset` are passed over.
    package init?(_ text: String) {
        // Nearly always it stands there alone and in lower case; taking it apart would cost more than reading the head that it came in.
        if Self.isPlain(text) {
            (essence, charset) = (text, nil)
            return
        }
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let essence = parts[0].trimmingBlanks.lowercased()
        let halves = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else { return nil }
        self.essence = essence
        var charset: String?
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2, pair[0].trimmingBlanks.lowercased() == "charset" {
                charset = pair[1].trimmingBlanks.filter { $0 != "\"" }.lowercased()
            }
        }
        self.charset = charset
    }

    /// Whether `text` is a type and a subtype and nothing else, in lower case.
    private static func isPlain(_ text: String) -> Bool {
        var slashCount = 0
        var previous = UInt8(ascii: "/")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "/"):
                if previous == byte { return false }
                slashCount += 1
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."): break
            default: return false
            }
            previous = byte
        }
        return slashCount == 1 && previous != UInt8(ascii: "/")
    }
}

/// An `Accept` header, ready to choose among the forms that an answer has (RFC 9110, 12.5.1).
package struct Accept: Sendable {
    private struct Range {
        let type: String, subtype: String
        /// In thousandths.
        let quality: Int
    }
    private let ranges: [Range]
    /// As it came.
    private let text: String

    /// An absent or empty header takes everything.
    package init(_ header: String?) {
        var ranges: [Range] = []
        for element in (header ?? "").split(separator: ",") {
            let parts = element.split(separator: ";")
            let halves = (parts.first.map { $0.trimmingBlanks.lowercased() } ?? "").split(separator: "/")
            guard halves.count == 2 else { continue }
            var quality = 1000
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2, pair[0].trimmingBlanks.lowercased() == "q" { quality = Self.quality(pair[1].trimmingBlanks) }
            }
            ranges.append(Range(type: String(halves[0]), subtype: String(halves[1]), quality: quality))
        }
        self.ranges = ranges
        text = header ?? ""
    }

    /// A weight in thousandths: `0.25` is 250, `0` is 0, `1` and what is no weight are 1,000. Digits past the third count as none (RFC 9110, 12.4.2).
    static func quality(_ text: String) -> Int {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ Int($0) }), whole == 0 else { return 1000 }
        let digits = parts.count > 1 ? String((parts[1] + "000").prefix(3)) : "000"
        return Int(digits) ?? 1000
    }

    /// Whether it names this one and nothing beside it.
    package func isFor(_ essence: String?) -> Bool {
        guard ranges.count == 1, let range = ranges.first else { return false }
        return "\(range.type)/\(range.subtype)" == essence && range.quality > 0
    }

    /// The quality of `essence` in thousandths; 0 is refused.
    package func quality(of essence: String) -> Int {
        guard !ranges.isEmpty else { return 1000 }
        let halves = essence.split(separator: "/")
        guard halves.count == 2 else { return 0 }
        // The range that says most of the type counts, not the one with the highest weight: `text/*;q=0.1, text/csv` takes CSV fully.
        var best: (specificity: Int, quality: Int) = (-1, 0)
        for range in ranges {
            let specificity =
                range.type == halves[0] && range.subtype == halves[1] ? 2
                : range.type == halves[0] && range.subtype == "*" ? 1 : range.type == "*" && range.subtype == "*" ? 0 : -1
            if specificity > best.specificity { best = (specificity, range.quality) }
        }
        return best.specificity < 0 ? 0 : best.quality
    }

    /// The best of `offers`, the earlier one on a tie.
    ///
    /// - Throws: `not-acceptable` when none is taken.
    package func choose(_ offers: [String]) throws(Problem) -> String {
        var best: (offer: String, quality: Int)?
        for offer in offers {
            let quality = quality(of: offer)
            if quality > best?.quality ?? 0 { best = (offer, quality) }
        }
        guard let best else { throw Problem(.notAcceptable, "this call answers in \(offers.joined(separator: ", ")), not in \(MemberReader.shown(text))") }
        return best.offer
    }
}

extension StringProtocol {
    /// Without blanks and tabs at the ends, as header fields want it.
    package var trimmingBlanks: String {
        let isBlank = { (byte: UInt8?) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let bytes = Substring(self).utf8
        if !isBlank(bytes.first), !isBlank(bytes.last) { return String(self) }
        var slice = self[...]
        while let first = slice.first, first == " " || first == "\t" { slice = slice.dropFirst() }
        while let last = slice.last, last == " " || last == "\t" { slice = slice.dropLast() }
        return String(slice)
    }
}
