/// A JSONPath as the states language takes it from Jayway's library, compiled: `$` is the state's data, `$$` the context object.
///
/// Made by `PathParser`, as a definition is read; carried out by `PathEvaluation`, and by `ReferencePath` where something is put there. Names are compared
/// by their bytes.
package struct Path: Sendable, Equatable {
    package enum Root: Sendable, Equatable { case data, context }

    package indirect enum Step: Sendable, Equatable {
        case member([UInt8])
        /// From the end when below zero.
        case index(Int)
        case wildcard
        /// `[from:to:by]`, where a bound that is left out is nil.
        case slice(Int?, Int?, by: Int)
        /// Several members: an object of those that are there when it is the last step, their values otherwise.
        case members([[UInt8]])
        /// Several elements, in this order; those that are not there are left out.
        case indexes([Int])
        case filter(PathFilter)
        /// What the step finds in the value and in all that it holds.
        case descend(Step)
    }

    /// As it stands in the definition, for messages.
    package let text: String
    package let root: Root
    package let steps: [Step]
    /// Gives one value or none; any other path gives a list.
    package let isDefinite: Bool

    package static let byteCountMax = 4_096
    package static let stepCountMax = 128
    /// Filters within filters.
    package static let depthMax = 16

    init(text: String, root: Root, steps: [Step]) {
        (self.text, self.root, self.steps) = (text, root, steps)
        isDefinite = steps.enumerated().allSatisfy { index, step in
            switch step {
            case .member, .index: true
            // Merged to one object.
            case .members: index == steps.count - 1
            case .wildcard, .slice, .indexes, .filter, .descend: false
            }
        }
    }

    /// `$`
    package static let whole = Path(text: "$", root: .data, steps: [])

    package var isWhole: Bool { steps.isEmpty && root == .data }

    /// Names one place, so that something can be put there: members and indexes alone (Amazon States Language, "Reference Paths").
    package var isReference: Bool {
        steps.allSatisfy { step in
            switch step {
            case .member: true
            case .index(let index): index >= 0
            default: false
            }
        }
    }
}

/// Where a text is no path, or no intrinsic call.
package struct ExpressionFault: Error, Sendable, Equatable {
    /// In bytes from its start.
    package let offset: Int
    package let message: String

    package init(offset: Int, _ message: String) { (self.offset, self.message) = (offset, message) }
}
