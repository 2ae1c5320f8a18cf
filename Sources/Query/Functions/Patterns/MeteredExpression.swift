import ColumnStore

/// One of RE2's programs with its automata, counted by the meter of whoever keeps it, before it is made.
///
/// RE2 keeps within what it is given. Two thirds are for the program at most, and of what that leaves half for the automaton that walks texts forwards (a third of all is for the
/// one backwards): where its states do not fit, RE2 walks the program itself, many times slower. So a program is given many times what it takes, where the query has that; small
/// ones, which are nearly all, need little.
struct MeteredExpression: Sendable {
    let expression: RegularExpression
    /// What the meter holds for it until it is told to `forget`.
    let byteCount: Int

    /// In bytes, of patterns without large classes.
    private static let memoryMin = 1 << 17
    /// Of those with classes of letters of all languages, each of which has hundreds of instructions.
    private static let memoryOfClasses = 1 << 19
    /// The same, where the query has room: a program with one such class is compiled once then.
    private static let roomOfClasses = 1 << 21
    /// For each instruction: a state of an automaton takes about 300 bytes, eight for each class of bytes, most have few more states than instructions, and a third is the automaton's.
    private static let byteCountPerInstruction = 1 << 11
    /// As much is asked for whatever the query has left.
    private static let leastByteCountPerInstruction = 1 << 9
    /// More goes to a program only where that is so small a part of what the query has left: others need theirs.
    private static let shareOfRoom = 16
    /// Compiling takes a microsecond or two for each.
    private static let stepsPerInstruction = 256
    /// RE2 gives up behind so many: two thirds of all memory, at 16 bytes each.
    private static let programSizeMax = RegularExpression.memoryMax / 24

    /// - Parameter pattern: as RE2 writes it, made by `AdvancedPattern`.
    /// - Throws: `.outside(.badPattern)` for one that RE2 does not take; where its memory is not there; `.interrupted` when the query is over.
    init(_ pattern: [UInt8], ignoringCase: Bool, syntax: RegularExpression.Syntax, _ meter: WorkMeter) throws(KernelError) {
        // Compiling cannot be interrupted, and each row may have a pattern of its own.
        try meter.look()
        guard meter.cancellation != nil || !meter.isPatternWritten else {
            // What an expression outside of queries says was written by whoever keeps the store, and its cost is told from automata that have all of RE2's memory. What comes with the
            // data is counted there too: nothing but the steps would end it.
            try meter.keep(Self.memoryMin)
            do throws(RegularExpression.Fault) {
                (expression, byteCount) = (try RegularExpression(pattern, ignoringCase: ignoringCase, syntax: syntax, isTranslated: true), Self.memoryMin)
            } catch {
                meter.forget(Self.memoryMin)
                throw Self.bad(error)
            }
            return
        }
        (expression, byteCount) = try Self.compiled(pattern, ignoringCase: ignoringCase, syntax: syntax, meter)
    }

    private static func compiled(
        _ pattern: [UInt8], ignoringCase: Bool, syntax: RegularExpression.Syntax, _ meter: WorkMeter
    ) throws(KernelError) -> (expression: RegularExpression, byteCount: Int) {
        let isOfClasses = hasClasses(pattern)
        var size = !isOfClasses ? memoryMin : meter.hasRoom(shareOfRoom * roomOfClasses) ? roomOfClasses : memoryOfClasses
        var made: (expression: RegularExpression, byteCount: Int)?, isShort = false
        while true {
            do throws(KernelError) {
                try meter.keep(size)
            } catch {
                // A slower walk is better than none.
                if let made { return made }
                guard size > memoryMin, !isShort else { throw error }
                (size, isShort) = (memoryMin, true)
                continue
            }
            let expression: RegularExpression
            do throws(RegularExpression.Fault) {
                expression = try RegularExpression(pattern, ignoringCase: ignoringCase, syntax: syntax, memoryMax: size, isTranslated: true)
            } catch {
                meter.forget(size)
                if let made { return made }
                guard error.isTooLarge, size < RegularExpression.memoryMax else {
                    if error.isTooLarge, meter.cancellation == nil { try meter.step(programSizeMax * stepsPerInstruction) }
                    throw bad(error)
                }
                size = min(RegularExpression.memoryMax, 8 * size)
                continue
            }
            if let made { meter.forget(made.byteCount) }
            do throws(KernelError) {
                try meter.step(expression.programSize.multipliedSaturating(by: stepsPerInstruction))
            } catch {
                meter.forget(size)
                throw error
            }
            let whole = expression.programSize.multipliedSaturating(by: byteCountPerInstruction), most = min(RegularExpression.memoryMax, whole)
            var wanted = max(size, min(RegularExpression.memoryMax, expression.programSize.multipliedSaturating(by: leastByteCountPerInstruction)))
            while wanted < most, meter.hasRoom(2 * wanted * shareOfRoom) { wanted = min(RegularExpression.memoryMax, 2 * wanted) }
            // For twice as much a program of classes is not worth compiling again.
            if wanted <= size || isOfClasses && 2 * size >= whole { return (expression, size) }
            made = (expression, size)
            while size < wanted { size *= 2 }
        }
    }

    /// Whether it has one of Unicode's.
    private static func hasClasses(_ pattern: [UInt8]) -> Bool { zip(pattern, pattern.dropFirst()).contains { $0 == UInt8(ascii: "\\") && $1 == UInt8(ascii: "p") } }

    static func bad(_ fault: RegularExpression.Fault) -> KernelError { .outside(.badPattern, "the pattern is not one of RE2's: \(fault.reason)") }
}
