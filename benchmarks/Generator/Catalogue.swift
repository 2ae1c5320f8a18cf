/// The products that receipts sell: made from parts by seed, with names in two languages, prices and VAT rates of their category.
struct Catalogue {
    struct Product {
        /// 13 digits with a right EAN-13 check digit.
        var code: [UInt8]
        var name: [UInt8]
        var category: [UInt8]
        /// In hundredths of the currency unit.
        var price: Int
        /// Percent.
        var vatRate: Int
        /// Sold by weight: quantities with three digits behind the mark.
        var isWeighed: Bool
    }

    let products: [Product]
    /// Running totals of the products' weights (Zipf, exponent 0.8), for drawing by bisection.
    private let popularity: Zipf

    init(count: Int, seed: UInt64) {
        var random = SplitMix64(state: seed &+ 0xCA7A_1096)
        var products: [Product] = []
        products.reserveCapacity(count)
        for index in 0..<count {
            let category = Self.categories[index % Self.categories.count]
            let inUkrainian = random.below(100) < 60
            products.append(Self.product(index, category, inUkrainian: inUkrainian, &random))
        }
        // Shuffled, so that popularity does not follow the category.
        for index in stride(from: products.count - 1, to: 0, by: -1) { products.swapAt(index, random.below(index + 1)) }
        self.products = products
        popularity = Zipf(count: count, exponent: 0.8)
    }

    func draw(_ random: inout SplitMix64) -> Product { products[popularity.draw(&random)] }

    private struct Category {
        var name: String
        var nouns: [(uk: String, en: String)]
        var sizes: [(uk: String, en: String)]
        var prices: ClosedRange<Int>
        var vatRate: Int
        var isWeighed = false
    }

    private static func product(_ index: Int, _ category: Category, inUkrainian: Bool, _ random: inout SplitMix64) -> Product {
        let noun = category.nouns[random.below(category.nouns.count)]
        let brand = brands[random.below(brands.count)]
        let quality = qualities[random.below(qualities.count)]
        let size = category.sizes[random.below(category.sizes.count)]
        let name = inUkrainian ? "\(noun.uk) «\(brand.uk)» \(quality.uk) \(size.uk)" : "\(noun.en) \(brand.en) \(quality.en) \(size.en)"
        let price = category.prices.lowerBound + random.below(category.prices.count)
        return Product(
            code: code(index), name: Array(name.utf8), category: Array(category.name.utf8), price: price / 10 * 10 + 9,
            vatRate: category.vatRate, isWeighed: category.isWeighed)
    }

    /// EAN-13 (GS1 General Specifications, section 7.9): weights 1 and 3 from the left, the sum completed to a multiple of ten.
    private static func code(_ index: Int) -> [UInt8] {
        var digits = Array("482\(String(1_000_000_000 + index * 7_919 % 900_000_000).dropFirst())".utf8)
        let sum = digits.enumerated().reduce(0) { $0 + Int($1.element - 48) * ($1.offset % 2 == 0 ? 1 : 3) }
        digits.append(UInt8(48 + (10 - sum % 10) % 10))
        return digits
    }

    private static let brands: [(uk: String, en: String)] = [
        ("Київський", "Kyivskyi"), ("Дніпро", "Dnipro"), ("Карпати", "Carpathia"), ("Полісся", "Polissia"), ("Чумак", "Chumak Road"),
        ("Світанок", "Daybreak"), ("Лелека", "White Stork"), ("Калина", "Kalyna"), ("Добра хата", "Good House"), ("Ранок", "Morning"),
        ("Степ", "Steppe"), ("Золоте поле", "Golden Field"), ("Бджілка", "Little Bee"), ("Магнолія", "Magnolia"), ("Гетьман", "Hetman"),
        ("Джерело", "Wellspring"), ("Сім'я", "Family"), ("Перлина", "Pearl"), ("Затишок", "Cosy Corner"), ("Веселка", "Rainbow"),
        ("Зірка", "North Star"), ("Оберіг", "Oberih"), ("Місто", "City Line"), ("Традиція", "Tradition"), ("Смакота", "Tasty"),
    ]
    private static let qualities: [(uk: String, en: String)] = [
        ("класичний", "classic"), ("преміум", "premium"), ("домашній", "home style"), ("органічний", "organic"), ("ніжний", "mild"),
        ("подвійний", "double"), ("з горіхами", "with nuts"), ("без цукру", "no sugar"), ("дитячий", "for kids"), ("економ", "value"),
        ("свіжий", "fresh"), ("сезонний", "seasonal"), ("імбирний", "ginger"), ("святковий", "holiday"), ("легкий", "light"),
    ]
    private static let grams = [("100 г", "100 g"), ("250 г", "250 g"), ("400 г", "400 g"), ("500 г", "500 g"), ("1 кг", "1 kg")]
    private static let litres = [("0,33 л", "0.33 l"), ("0,5 л", "0.5 l"), ("1 л", "1 l"), ("1,5 л", "1.5 l"), ("2 л", "2 l")]
    private static let pieces = [("1 шт", "1 pc"), ("2 шт", "2 pcs"), ("4 шт", "4 pcs"), ("10 шт", "10 pcs")]
    private static let weighed = [("вага", "loose")]

    private static let categories: [Category] = [
        Category(name: "bakery", nouns: [("Хліб", "Bread"), ("Батон", "Loaf"), ("Булочка", "Bun"), ("Рогалик", "Croissant")], sizes: grams, prices: 1_500...9_000, vatRate: 20),
        Category(name: "dairy", nouns: [("Молоко", "Milk"), ("Кефір", "Kefir"), ("Йогурт", "Yoghurt"), ("Вершки", "Cream")], sizes: litres, prices: 2_500...12_000, vatRate: 20),
        Category(name: "cheese", nouns: [("Сир", "Cheese"), ("Бринза", "Brynza"), ("Сирок", "Curd bar")], sizes: weighed, prices: 20_000...90_000, vatRate: 20, isWeighed: true),
        Category(name: "meat", nouns: [("Курка", "Chicken"), ("Свинина", "Pork"), ("Яловичина", "Beef"), ("Ковбаса", "Sausage")], sizes: weighed, prices: 12_000...45_000, vatRate: 20, isWeighed: true),
        Category(name: "fish", nouns: [("Оселедець", "Herring"), ("Лосось", "Salmon"), ("Скумбрія", "Mackerel")], sizes: weighed, prices: 15_000...80_000, vatRate: 20, isWeighed: true),
        Category(name: "fruit", nouns: [("Яблука", "Apples"), ("Банани", "Bananas"), ("Мандарини", "Mandarins"), ("Груші", "Pears")], sizes: weighed, prices: 2_000...15_000, vatRate: 20, isWeighed: true),
        Category(name: "vegetables", nouns: [("Картопля", "Potatoes"), ("Морква", "Carrots"), ("Помідори", "Tomatoes"), ("Огірки", "Cucumbers")], sizes: weighed, prices: 1_000...12_000, vatRate: 20, isWeighed: true),
        Category(name: "drinks", nouns: [("Вода", "Water"), ("Сік", "Juice"), ("Лимонад", "Lemonade"), ("Квас", "Kvass")], sizes: litres, prices: 1_500...9_000, vatRate: 20),
        Category(name: "coffee and tea", nouns: [("Кава", "Coffee"), ("Чай", "Tea"), ("Какао", "Cocoa")], sizes: grams, prices: 6_000...60_000, vatRate: 20),
        Category(name: "sweets", nouns: [("Шоколад", "Chocolate"), ("Печиво", "Biscuits"), ("Цукерки", "Candy"), ("Мармелад", "Jelly")], sizes: grams, prices: 2_500...30_000, vatRate: 20),
        Category(name: "grocery", nouns: [("Рис", "Rice"), ("Гречка", "Buckwheat"), ("Макарони", "Pasta"), ("Борошно", "Flour"), ("Олія", "Oil")], sizes: grams, prices: 2_000...14_000, vatRate: 20),
        Category(name: "alcohol", nouns: [("Пиво", "Beer"), ("Вино", "Wine"), ("Настоянка", "Liqueur"), ("Ігристе", "Sparkling wine")], sizes: litres, prices: 3_500...80_000, vatRate: 20),
        Category(name: "household", nouns: [("Порошок", "Washing powder"), ("Мило", "Soap"), ("Серветки", "Napkins"), ("Пакети", "Bags")], sizes: pieces, prices: 1_500...40_000, vatRate: 20),
        Category(name: "pharmacy", nouns: [("Вітаміни", "Vitamins"), ("Пластир", "Plasters"), ("Сироп", "Syrup"), ("Мазь", "Ointment")], sizes: pieces, prices: 3_000...70_000, vatRate: 7),
        Category(name: "toys", nouns: [("Лялька", "Doll"), ("Конструктор", "Building set"), ("М'яч", "Ball"), ("Пазл", "Puzzle")], sizes: pieces, prices: 9_000...200_000, vatRate: 20),
        Category(name: "books", nouns: [("Книга", "Book"), ("Зошит", "Notebook"), ("Календар", "Calendar"), ("Листівка", "Postcard")], sizes: pieces, prices: 2_000...60_000, vatRate: 0),
        Category(name: "clothing", nouns: [("Шкарпетки", "Socks"), ("Футболка", "T-shirt"), ("Шапка", "Hat"), ("Рукавички", "Gloves")], sizes: pieces, prices: 5_000...250_000, vatRate: 20),
        Category(name: "electronics", nouns: [("Кабель", "Cable"), ("Лампа", "Lamp"), ("Батарейки", "Batteries"), ("Навушники", "Headphones")], sizes: pieces, prices: 6_000...900_000, vatRate: 20),
    ]
}
