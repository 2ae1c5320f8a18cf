import ColumnStore

/// Of rewrites: a value of any type, as it stands in an answer.
extension ScalarFunction {
    static let jsonText = ScalarFunction(
        "json_text", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let writer = CellWriter(call[0], endingWith: call.meter.cancellation)
            var builder = TextBuilder(count: call.count, call.meter)
            var text: [UInt8] = []
            for row in 0..<call.count {
                text.removeAll(keepingCapacity: true)
                writer.appendJSON(row, to: &text)
                try call.meter.look()
                try builder.append(text)
                builder.endText()
            }
            return builder.finish(type: call.type, validity: call[0].rowValidity)
        })
}
