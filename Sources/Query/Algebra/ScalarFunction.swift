import ColumnStore

/// A scalar operator or function as plans hold it, with all that the passes and evaluation have to know of it: they read what stands here, and
/// never ask which function it is. `Functions/` has the definitions, each beside its kernel; `SQLFunction` is what the text of a query calls.
///
/// Compared by identity: a definition is made once and kept, and every mention of it in a plan is the same object; one that is made for its place in
/// a query, as `recursion`, equals no other. Immutable, so that all workers may use one.
package final class ScalarFunction: Sendable {
    /// How EXPLAIN writes a call: `lower(x)`, `(a + b)`, `-x`.
    enum Notation { case call, infix, prefix }

    /// What NULL arguments do, as passes go by it. Single NULLs within a column are the kernel's to look at, whatever the rule.
    enum NullRule: Sendable {
        /// NULL where any argument is. The kernel never sees a column of nothing but NULLs.
        case strict
        /// NULL where the first argument is; other NULLs mean something.
        case first
        /// NULLs mean something: what comes of them is the kernel's to say.
        case taken
    }

    /// How dear a row is, for who decides whether to compute something twice, early or for rows that a filter may drop.
    enum Cost: Int, Comparable {
        /// A few instructions a row.
        case arithmetic = 1
        /// Cheap enough to be computed for rows that nobody asks for.
        case light = 3
        /// Texts are built, patterns run or lists walked: computed only for rows that ask for it.
        case heavy = 4

        static func < (left: Cost, right: Cost) -> Bool { left.rawValue < right.rawValue }
    }

    /// Whether a row can end in an error: such a call must not be moved to rows that it would not have seen.
    enum Failure: Sendable {
        case never
        /// Out of range, as sums are: an error that says nothing of the data's form.
        case overflow
        /// As `overflow`, where the result is an integer; of doubles it never fails.
        case overflowOfIntegers
        /// Of values outside of what the function takes.
        case possible
        /// As `possible` where this holds of its arguments; else as `overflow`: out of range, or by a constant that no row makes good.
        case possibleOf(@Sendable (_ arguments: [Expression]) -> Bool)
        /// As its arguments say: a constant that is known to be fine makes a call safe.
        case depending(@Sendable (_ arguments: [Expression], _ type: ColumnType) -> Bool)

        /// Of what stands behind the first argument: a pattern, a place, a zone. As constants they are taken for all rows or for none.
        static let possibleOfOthers = Failure.possibleOf { arguments in !arguments.dropFirst().allSatisfy(\.isLiteral) }
    }

    /// How a batch is computed.
    enum Kernel: Sendable {
        case plain(@Sendable (KernelCall) throws(KernelError) -> Column)
        /// Made once for each place in a query: it remembers what it made of constant arguments.
        case remembering(@Sendable () -> (KernelCall) throws(KernelError) -> Column)
    }

    /// What a scan can test a column by in this function's place.
    enum SourceTest: Sendable { case comparison(Comparison), pattern, prefix }

    /// A function that turns a range of its values into a range of its second argument, a field's name being the first.
    enum Steps: Sendable { case truncation, field }

    /// What of the function is rare enough to be left out of a definition.
    struct Traits: Sendable {
        var sourceTest: SourceTest?
        var steps: Steps?
        /// What holds where this one's BOOLEAN is false.
        var negation: (@Sendable () -> ScalarFunction)?
        /// A guess at how many different values come out, whatever goes in.
        var distinctCount: Double?
        /// A text against a pattern: about how many rows pass is the same guess for all.
        var isPatternTest = false
        /// Only how many elements a list has is looked at, and not what they are.
        var readsLengthOnly = false
        /// A row's value may take far more than its arguments do.
        var isExpanding = false
        /// The first of two arguments is cast to the second's type.
        var castsToSecond = false
        /// Another value each time, of the same arguments too: it is computed once for each row, and no pass may copy, keep or move it.
        var isVolatile = false
        /// A recursive query that it runs.
        var recursion: RecursiveTable?
    }

    /// As plans show it; no two of one notation have the same.
    package let symbol: String
    let notation: Notation
    let nulls: NullRule
    let cost: Cost
    let failure: Failure
    /// A constant argument is looked at as one value, and not as one a row.
    let readsConstantsOnce: Bool
    let kernel: Kernel
    let traits: Traits

    /// - Parameters:
    ///   - symbol: its name in EXPLAIN, and the operator's sign for `infix` and `prefix`.
    ///   - readsConstantsOnce: the kernel asks a constant column for its one value, which therefore is not charged once for each row.
    init(
        _ symbol: String, _ notation: Notation = .call, nulls: NullRule, cost: Cost, failure: Failure, readsConstantsOnce: Bool = false,
        traits: Traits = Traits(), kernel: Kernel
    ) {
        (self.symbol, self.notation, self.nulls, self.cost, self.failure) = (symbol, notation, nulls, cost, failure)
        (self.readsConstantsOnce, self.traits, self.kernel) = (readsConstantsOnce, traits, kernel)
    }

    /// The question that it asks of two values, if it is one of SQL's six comparisons.
    package var comparison: Comparison? {
        if case .comparison(let comparison)? = traits.sourceTest { comparison } else { nil }
    }

    /// Whether this call may end in an error, of whatever kind.
    func canFail(_ arguments: [Expression], _ type: ColumnType) -> Bool {
        switch failure {
        case .never: false
        case .overflow, .possible, .possibleOf: true
        case .overflowOfIntegers: TypeRules.isInteger(type)
        case .depending(let canFail): canFail(arguments, type)
        }
    }

    /// A row's value may take far more than its arguments do.
    package var isExpanding: Bool { traits.isExpanding }

    /// Overflow aside.
    ///
    /// What is left are values that the function does not take, which a query may have taken care of by conditions before it.
    func failsByData(_ arguments: [Expression]) -> Bool {
        switch failure {
        case .overflow, .overflowOfIntegers: false
        case .possibleOf(let isByData): isByData(arguments)
        default: true
        }
    }

    /// Computing it for rows that nobody asks for does no harm.
    var isCheapAndSafe: Bool {
        if case .never = failure { cost < .heavy } else { false }
    }
}

extension ScalarFunction: Hashable {
    package static func == (left: ScalarFunction, right: ScalarFunction) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension ScalarFunction: CustomStringConvertible {
    package var description: String { symbol }
}
