/// Writes receipt number i as one line of JSON. Everything about it follows from the seed and i.
struct ReceiptMaker {
    struct Shares {
        /// Receipts issued up to ten days before their place in the stream.
        var late = 0.01
        /// Lines that repeat an earlier receipt byte for byte.
        var repeated = 0.001
        /// Receipts that a rule or the schema must refuse.
        var invalid = 0.001
    }

    let options: Options
    private let catalogue: Catalogue
    private let seasons: Seasons
    private let clients: Zipf
    private let customers: Zipf

    init(options: Options) {
        self.options = options
        catalogue = Catalogue(count: options.productCount, seed: options.catalogueSeed ?? options.seed)
        seasons = Seasons(receiptCount: options.total ?? options.receiptCount, firstDay: options.firstDay, dayCount: options.dayCount)
        clients = Zipf(count: options.clientCount, exponent: 1)
        customers = Zipf(count: options.customerCount, exponent: 0.6)
    }

    func append(receipt index: Int, to line: inout [UInt8]) {
        var chance = SplitMix64(state: options.seed &* 0x2545_F491_4F6C_DD1D &+ UInt64(index))
        let draw = chance.fraction()
        if draw < options.shares.repeated, index > 1_000 {
            let earlier = index - 1 - chance.below(1_000)
            return appendReceipt(number: earlier, isInvalid: false, isLate: false, to: &line)
        }
        let isInvalid = draw > 1 - options.shares.invalid
        let isLate = draw > 0.5 && draw < 0.5 + options.shares.late
        appendReceipt(number: index, isInvalid: isInvalid, isLate: isLate, to: &line)
    }

    private func appendReceipt(number: Int, isInvalid: Bool, isLate: Bool, to line: inout [UInt8]) {
        var random = SplitMix64(state: options.seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
        let client = clients.draw(&random)
        var second = seasons.localSecond(of: number)
        if isLate { second -= (1 + random.below(10)) * 86_400 }
        let store = random.below(1 + 40 / (client + 1))

        line.append("{\"schema\":\"\(options.schema)\",\"id\":\"\(options.prefix)")
        line.append(integer: number, width: 9)
        if options.namesClient {
            line.append("\",\"client\":\"C")
            line.append(integer: client + 1, width: 5)
        }
        line.append("\",\"store\":{\"id\":\"S")
        line.append(integer: client * 41 + store, width: 5)
        line.append("\",\"till\":\"")
        line.append(integer: 1 + random.below(6), width: 1)
        line.append("\",\"city\":\"")
        line.append(Self.cities[(client * 7 + store) % Self.cities.count])
        line.append("\",\"cashier\":\"")
        line.append(integer: 100 + random.below(40), width: 4)
        line.append("\"},\"issued_at\":\"")
        line.append(time: second)
        line.append(isSummer(second) ? "+03:00" : "+02:00")
        line.append("\",\"currency\":\"UAH\",\"customer\":")
        if random.below(100) < 35 {
            line.append("null")
        } else {
            line.append("\"U")
            line.append(integer: customers.draw(&random), width: 7)
            line.append("\"")
        }
        line.append(",\"lines\":[")
        let totals = appendLines(&random, to: &line)
        line.append("],\"total\":")
        line.append(hundredths: totals.amount + (isInvalid ? 100 : 0))
        line.append(",\"tax_total\":")
        line.append(hundredths: totals.tax)
        line.append(",\"payment\":{\"type\":\"")
        line.append(["card", "card", "card", "cash", "cash", "voucher"][random.below(6)])
        line.append("\"},\"fiscal\":{\"number\":\"")
        line.append(integer: 4_000_000_000 + number, width: 10)
        line.append("\",\"sign\":\"")
        for _ in 0..<4 { line.append(hexadecimal: random.next()) }
        line.append("\"}}\n")
    }

    private func appendLines(_ random: inout SplitMix64, to line: inout [UInt8]) -> (amount: Int, tax: Int) {
        // 1 to 20 lines, 8 on average: most baskets are small, some are a week's shopping.
        let count = random.below(100) < 30 ? 1 + random.below(5) : 5 + random.below(12)
        var total = 0
        var tax = 0
        for place in 0..<count {
            let product = catalogue.draw(&random)
            let thousandths = product.isWeighed ? 100 + random.below(2_400) : 1_000 * (1 + (random.below(4) == 0 ? random.below(5) : 0))
            let amount = (product.price * thousandths + 500) / 1_000
            if place > 0 { line.append(",") }
            line.append("{\"code\":\"")
            line.append(contentsOf: product.code)
            line.append("\",\"name\":\"")
            line.append(contentsOf: product.name)
            line.append("\",\"category\":\"")
            line.append(contentsOf: product.category)
            line.append("\",\"qty\":")
            line.append(thousandths: thousandths)
            line.append(product.isWeighed ? ",\"unit\":\"kg\"" : ",\"unit\":\"pc\"")
            line.append(",\"price\":")
            line.append(hundredths: product.price)
            line.append(",\"discount\":0.00,\"vat\":")
            line.append(integer: product.vatRate, width: 1)
            line.append(",\"amount\":")
            line.append(hundredths: amount)
            line.append("}")
            total += amount
            tax += amount * product.vatRate / (100 + product.vatRate)
        }
        return (total, tax)
    }

    private static let cities = ["Київ", "Львів", "Одеса", "Харків", "Дніпро", "Полтава", "Чернівці", "Ужгород", "Луцьк", "Суми"]

    /// Kyiv's summer time, as all of the European Union's: from 3:00 of March's last Sunday to 4:00 of October's.
    private func isSummer(_ second: Int) -> Bool {
        let day = second / 86_400
        let date = CivilDate(daysSince1970: day)
        guard date.month == 3 || date.month == 10 else { return (4...9).contains(date.month) }
        let last = CivilDate.days(year: date.year, month: date.month, day: 31)
        let sunday = last - (last + 4) % 7  // 1970-01-01 was a Thursday.
        let isPast = day > sunday || day == sunday && second % 86_400 >= (date.month == 3 ? 3 : 4) * 3_600
        return date.month == 3 ? isPast : !isPast
    }
}
