/// The content type that a receipt's row keeps: one of a few, since each makes a kind of rows of its own, for as long as the store lives, and
/// what a client writes comes from outside.
package enum StoredContentType {
    /// - Parameter isCanonical: the document is an element in canonical form, which is UTF-8 whatever its envelope came in.
    package static func text(_ form: IntakeRequest.Form, _ header: String, isCanonical: Bool = false) -> String {
        switch form {
        case .json, .ndjson: "application/json"
        case .csv: "text/csv"
        case .xml: xml(isCanonical ? String(header.prefix { $0 != ";" }) : header)
        }
    }

    /// Of a parameter only a charset of this list is kept: what XML documents are written in.
    private static let charsets: Set<String> = {
        var names: Set<String> = ["utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "koi8-r", "koi8-u"]
        for number in 1250...1258 { names.insert("windows-\(number)") }
        for number in 1...16 where number != 12 { names.insert("iso-8859-\(number)") }
        return names
    }()

    /// How many there are: the bound of kinds for a version of a type.
    static var countMax: Int { 2 + 2 * (1 + charsets.count) }

    /// Example: `Text/XML; charset="ISO-8859-1"` is kept as `text/xml; charset=iso-8859-1`; an unknown charset is left out.
    private static func xml(_ header: String) -> String {
        let media = parts(header).first == "text/xml" ? "text/xml" : "application/xml"
        guard let charset = charset(header), charsets.contains(charset) else { return media }
        return "\(media); charset=\(charset)"
    }

    /// Which one a media type names, in lower case and without quotes; nil for none, and for an empty one.
    static func charset(_ header: String) -> String? {
        let name = parts(header).dropFirst().first { $0.hasPrefix("charset=") }.map { $0.dropFirst(8).filter { $0 != "\"" } } ?? ""
        return name.isEmpty ? nil : name
    }

    private static func parts(_ header: String) -> [String] { header.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } } }
}
