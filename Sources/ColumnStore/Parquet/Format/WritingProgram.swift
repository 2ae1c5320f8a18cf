/// Who wrote a file, by the footer's `created_by`: `parquet-cpp-arrow version 2.0.0 (build ab12)`. Files are read alike whoever wrote them, but for what
/// whole versions of a writer are known to have said wrongly.
struct WritingProgram: Hashable, Sendable {
    /// In small letters.
    let name: String
    /// The version's first number; nil where none is said.
    let majorVersion: Int?

    /// The text may be anything: only its beginning is looked at.
    init(_ createdBy: String) {
        let words = String(decoding: createdBy.utf8.prefix(200), as: UTF8.self).lowercased().split { $0 == " " || $0 == "\t" }
        name = words.first.map(String.init) ?? ""
        let version = words.dropFirst().first { $0 != "version" } ?? ""
        majorVersion = Int(version.prefix { $0.isASCII && $0.isNumber })
    }

    /// Whether it is Arrow's C++ library, of which pyarrow is made, before a version of Arrow. Until 3.0 that called itself parquet-cpp, of a version 1 of its own.
    func isArrow(before major: Int) -> Bool {
        switch name {
        case "parquet-cpp": (majorVersion ?? 0) < 2
        case "parquet-cpp-arrow": (majorVersion ?? 0) < major
        default: false
        }
    }

    /// Arrow said so of every page of version 2, and compressed it all the same (ARROW-10353, ARROW-17100).
    var saysUncompressedOfAllPages: Bool { isArrow(before: 3) }

    /// Whether bounds of decimals in bytes follow the numbers. Arrow compared them as signed characters (PARQUET-1655), and what others make of those whose length is not
    /// fixed is not known; this program writes none of these.
    static func ordersDecimals(inFixedBytes isFixed: Bool, _ program: WritingProgram?) -> Bool { isFixed && program?.isArrow(before: 4) != true }
}

extension FileMetadata {
    /// Nil where the footer does not say.
    var writer: WritingProgram? { createdBy.map(WritingProgram.init) }
}
