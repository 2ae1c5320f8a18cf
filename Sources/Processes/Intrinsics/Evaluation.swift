package import ColumnStore

/// What a state's expressions see, and what they may cost.
///
/// One value for one piece of work: `chance` and `steps` are handed in and taken back, so that an event draws no number twice and counts all it does.
package struct Evaluation {
    /// `$`
    package let data: JSONValue
    /// `$$`
    package let context: JSONValue
    package var chance: Chance
    package var steps: Steps
    /// What lists of paths and results of calls take that are kept still, in bytes of memory: those that a template has put together so far, and the arguments of a call that waits for its
    /// others.
    private var heldByteCount = 0

    /// A text may be read as a list that takes twenty times as much, and a template may have hundreds of calls: each alone is within the bounds. Some three of the greatest values are
    /// more than any result within the bounds is made of.
    private static let heldByteCountMax = 64 << 20

    package init(data: JSONValue, context: JSONValue, chance: Chance, steps: Steps = Steps()) {
        (self.data, self.context, self.chance, self.steps) = (data, context, chance, steps)
    }

    /// - Throws: `.runtime` where a definite path finds nothing.
    package mutating func value(of path: Path) throws(StateError) -> JSONValue {
        try path.value(in: data, context: context, &steps)
    }

    /// Works out a path or a call; arguments first, from left to right.
    ///
    /// Each list that a path makes, each argument and each result is held against `ValueLimits`, and all lists and results that are kept at once against a bound of their own.
    ///
    /// - Throws: `.intrinsicFailure` of a call, `.runtime` of a path, `.dataLimitExceeded`.
    package mutating func value(of expression: Expression) throws(StateError) -> JSONValue {
        switch expression {
        case .path(let path):
            let found = try value(of: path)
            // A definite path shares what it finds. Any other makes a list of it, and a template may have hundreds of them.
            guard !path.isDefinite else { return found }
            try steps.charge(Self.weight(found))
            try ValueLimits.check(found, "what \(path.text) finds")
            try hold(found)
            return found
        case .literal(let value): return value
        case .text(let pieces): return .string(pieces.joined(separator: "{}"))
        case .call(let function, let arguments):
            let before = heldByteCount
            var values: [JSONValue] = []
            for argument in arguments { values.append(try value(of: argument)) }
            // What paths put together may be far more than the data: nothing walks a value that is out of bounds.
            for (argument, value) in zip(arguments, values) {
                // A list that a path made was looked at as it was made.
                if case .path(let path) = argument, !path.isDefinite { continue }
                try steps.charge(Self.weight(value))
                try ValueLimits.check(value, "an argument of \(function.rawValue)")
            }
            let result: JSONValue
            // A template in quotes was divided as it was read, where `\{` is no place; one out of the data is divided now.
            if function == .format, case .text(let pieces)? = arguments.first {
                result = try TextFunctions.format(pieces, Array(values.dropFirst()))
            } else {
                result = try call(function, values)
            }
            try ValueLimits.check(result, "the result of \(function.rawValue)")
            // Arguments are let go by now.
            heldByteCount = before
            try hold(result)
            return result
        }
    }

    private mutating func hold(_ result: JSONValue) throws(StateError) {
        heldByteCount += ValueLimits.memoryByteCount(result)
        guard heldByteCount <= Self.heldByteCountMax else {
            throw StateError(.dataLimitExceeded, "lists that paths make and results of intrinsic functions take more than \(Self.heldByteCountMax) bytes of memory at once")
        }
    }

    /// Steps for walking an argument once, by its length.
    private static func weight(_ value: JSONValue) -> Int {
        switch value {
        case .array, .object, .string: (ValueLimits.byteCount(value) ?? ValueLimits.byteCountMax) / 16 + 1
        case .number(let digits): digits.utf8.count / 16 + 1
        case .null, .boolean: 1
        }
    }

    /// - Precondition: as many values as `arity` says, which the parser has seen to.
    private mutating func call(_ function: Intrinsic, _ values: [JSONValue]) throws(StateError) -> JSONValue {
        switch function {
        case .format: try TextFunctions.format(values)
        case .stringToJson: try TextFunctions.stringToJson(values[0])
        case .jsonToString: .string(String(decoding: values[0].serialized, as: UTF8.self))
        case .stringSplit: try TextFunctions.split(values[0], values[1], &steps)
        case .array: .array(values)
        case .arrayPartition: try ArrayFunctions.partition(values[0], values[1])
        case .arrayContains: try ArrayFunctions.contains(values[0], values[1], &steps)
        case .arrayRange: try ArrayFunctions.range(values[0], values[1], values[2])
        case .arrayGetItem: try ArrayFunctions.item(values[0], values[1])
        case .arrayLength: try ArrayFunctions.length(values[0])
        case .arrayUnique: try ArrayFunctions.unique(values[0], &steps)
        case .base64Encode: try EncodingFunctions.base64Encode(values[0])
        case .base64Decode: try EncodingFunctions.base64Decode(values[0])
        case .hash: try EncodingFunctions.hash(values[0], values[1])
        case .jsonMerge: try ArrayFunctions.merge(values[0], values[1], values[2], &steps)
        case .mathAdd: try NumberFunctions.add(values[0], values[1])
        case .mathRandom: try NumberFunctions.random(values, &chance)
        case .uuid: .string(chance.uuid())
        }
    }
}
