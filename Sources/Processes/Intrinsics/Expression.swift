package import ColumnStore

/// What stands in a member whose name ends in `.$`: a path or a call of an intrinsic function, whose arguments are paths, values and calls again.
package indirect enum Expression: Sendable, Equatable {
    case path(Path)
    /// An argument that is a number, true, false or null.
    case literal(JSONValue)
    /// A text in quotes, divided where an unescaped `{}` stands: for `States.Format` these are its places, elsewhere the text is whole.
    case text([String])
    case call(Intrinsic, [Expression])

    package static let byteCountMax = 16_384
    /// Calls within calls. The language's own service allows 10.
    package static let depthMax = 32

    /// - Throws: where and why the text is no expression.
    package init(_ text: String) throws(ExpressionFault) { self = try ExpressionParser.parse(text) }

    /// All paths in it.
    package var paths: [Path] {
        switch self {
        case .path(let path): [path]
        case .literal, .text: []
        case .call(_, let arguments): arguments.flatMap(\.paths)
        }
    }
}

/// The functions of the language (its appendix B, and those that its service added).
///
/// `ExpressionParser` knows them by name, and `Evaluation` carries them out.
package enum Intrinsic: String, Sendable, CaseIterable {
    case format = "States.Format", stringToJson = "States.StringToJson", jsonToString = "States.JsonToString"
    case array = "States.Array", arrayPartition = "States.ArrayPartition", arrayContains = "States.ArrayContains", arrayRange = "States.ArrayRange"
    case arrayGetItem = "States.ArrayGetItem", arrayLength = "States.ArrayLength", arrayUnique = "States.ArrayUnique"
    case base64Encode = "States.Base64Encode", base64Decode = "States.Base64Decode", hash = "States.Hash"
    case jsonMerge = "States.JsonMerge", mathRandom = "States.MathRandom", mathAdd = "States.MathAdd"
    case stringSplit = "States.StringSplit", uuid = "States.UUID"

    /// How many arguments it takes.
    package var arity: ClosedRange<Int> {
        switch self {
        case .format: 1...256
        case .array: 0...256
        case .stringToJson, .jsonToString, .arrayLength, .arrayUnique, .base64Encode, .base64Decode: 1...1
        case .arrayPartition, .arrayContains, .arrayGetItem, .hash, .mathAdd, .stringSplit: 2...2
        case .arrayRange, .jsonMerge: 3...3
        case .mathRandom: 2...3
        case .uuid: 0...0
        }
    }
}
