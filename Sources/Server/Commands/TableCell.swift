/// A value in a table: its lines, and the pieces that they are cut into where their column is narrower.
struct TableCell {
    /// What psql writes behind a piece.
    enum End: String {
        case none = " "
        /// What comes next is the same line.
        case cut = "."
        case lineBreak = "+"
    }

    struct Piece {
        var text: String
        var width: Int
        /// The piece before was cut.
        var goesOn = false
        var end = End.none

        /// In a column that is so wide; a wider piece stands over it.
        func padded(_ width: Int, right: Bool = false) -> String {
            let blanks = String(repeating: " ", count: max(0, width - self.width))
            return right ? blanks + text : text + blanks
        }
    }

    private let lines: [(text: String, width: Int)]
    /// Of the widest line.
    let width: Int

    var hasBreaks: Bool { lines.count > 1 }

    /// Control characters are shown as signs. By scalars: a line that ends as Windows writes it is one Character with its end.
    init(_ text: String) {
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let shown = ResultTable.printable(String(line))
            return (text: shown, width: ResultTable.width(shown))
        }
        width = lines.map(\.width).max() ?? 0
    }

    /// One at least, none wider than `width` but a letter that is.
    func pieces(_ width: Int) -> [Piece] {
        var pieces: [Piece] = []
        for (index, line) in lines.enumerated() {
            if line.width <= width { pieces.append(Piece(text: line.text, width: line.width)) } else { Self.cut(line.text, width, into: &pieces) }
            if index < lines.count - 1 { pieces[pieces.count - 1].end = .lineBreak }
        }
        return pieces
    }

    private static func cut(_ line: String, _ width: Int, into pieces: inout [Piece]) {
        var piece = Piece(text: "", width: 0)
        for character in line {
            let own = ResultTable.width(String(character))
            if piece.width > 0, piece.width + own > width {
                piece.end = .cut
                pieces.append(piece)
                piece = Piece(text: "", width: 0, goesOn: true)
            }
            piece.text.append(character)
            piece.width += own
        }
        pieces.append(piece)
    }
}
