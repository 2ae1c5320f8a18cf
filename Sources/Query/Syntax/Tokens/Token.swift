/// One lexical unit of a query.
package struct Token: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// An unquoted word: a keyword or a name, its ASCII letters folded to lower case.
        case word
        /// A name in double quotes.
        case quotedName
        /// Digits, perhaps with a point and an exponent.
        case number
        /// A string constant, its quotes and escapes resolved.
        case string
        /// `$1`: `text` holds the digits.
        case parameter
        /// An operator or punctuation.
        case symbol
        case end
    }

    package let kind: Kind
    /// What the token means: names folded, quotes and escapes resolved. Empty at the end.
    package let text: String
    /// 1-based, in Unicode scalars of the query.
    package let position: Int
    /// Byte offsets of the token in the query.
    package let start: Int
    package let end: Int
}
