using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using Microsoft.FSharp.Core;

namespace MekongTwin.Ingest.Tests.Payloads;

public sealed class PlainPayloads
{
    private readonly PayloadDoor _door = new();

    private static long At(string time) => Instant.From(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("412.6", 412_600_000)]
    [InlineData("-0", 0)]
    [InlineData("-0.0e-400", 0)]
    [InlineData(" 1e3 ", 1_000_000_000)]
    [InlineData("0.0000005", 0)]
    [InlineData("0.0000015", 2)]
    [InlineData("0.00000251", 3)]
    [InlineData("{\"v\":12.5}", 12_500_000)]
    [InlineData("{\"v\":12.5,\"q\":\"good\"}", 12_500_000)]
    [InlineData("{ \"unknown\" : [1,{\"a\":null}], \"v\" : 12.5 }", 12_500_000)]
    [InlineData("{\"v\":412600,\"u\":\"W\"}", 412_600_000)]
    [InlineData("{\"v\":0.4126,\"u\":\"MW\"}", 412_600_000)]
    [InlineData("{\"\\u0076\":3}", 3_000_000)]
    [InlineData("true", 1_000_000)]
    public void AValueIsAdmittedExactly(string payload, long micro)
    {
        Assert.Equal(Admission.Admitted, _door.Admit(PayloadDoor.Power, payload));
        var reading = Assert.Single(_door.Readings);
        Assert.Equal(micro, reading.Value);
        Assert.Equal(Quality.Good, reading.Quality);
        Assert.Equal(PayloadDoor.NowUs, reading.TimeUs);
        Assert.Equal(ReadingFlags.ReceiveTime, reading.Flags);
    }

    [Fact]
    public void TheVeryNextMessageOfAnOpenConnectionFindsANewMapping()
    {
        const string unknown = "mt/v1/vn-dad/gateway-7/power";
        Assert.Equal(Admission.Quarantined, _door.Admit(unknown, "1"));
        _door.Admissions.SetModel(PayloadDoor.Model.WithNames([new NameMapping(unknown, 0)]));
        Assert.Equal(Admission.Admitted, _door.Admit(unknown, "2"));
        Assert.Equal(2_000_000, Assert.Single(_door.Readings).Value);
    }

    [Theory]
    [InlineData("{\"v\":null}")]
    [InlineData("NaN")]
    [InlineData("{\"v\":NaN,\"q\":\"good\"}")]
    [InlineData("{\"v\":\"NaN\"}")]
    [InlineData("{\"v\":5000.1}")]
    [InlineData("{\"v\":-5001}")]
    [InlineData("{\"q\":\"bad\",\"v\":1}")]
    public void NoValueAndAnImpossibleValueAreBadNotLost(string payload)
    {
        Assert.Equal(Admission.Admitted, _door.Admit(PayloadDoor.Power, payload));
        Assert.Equal(Quality.Bad, Assert.Single(_door.Readings).Quality);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1e")]
    [InlineData("0x10")]
    [InlineData("12,5")]
    [InlineData("12 kW")]
    [InlineData("Infinity")]
    [InlineData("{}")]
    [InlineData("{\"v\":1")]
    [InlineData("{\"v\":1}}")]
    [InlineData("{\"v\":1,}")]
    [InlineData("{\"v\":1,\"v\":2}")]
    [InlineData("{\"v\":\"12\"}")]
    [InlineData("{\"v\":[1]}")]
    [InlineData("{\"v\":1,\"q\":\"excellent\"}")]
    [InlineData("{\"v\":1,\"t\":\"yesterday\"}")]
    [InlineData("{\"v\":1,\"t\":\"2026-02-30T00:00:00Z\"}")]
    [InlineData("{\"v\":1,\"t\":\"2026-11-21T25:00:00Z\"}")]
    [InlineData("{\"v\":1,\"t\":\"2026-11-21T01:00:00+7\"}")]
    [InlineData("{\"v\":1,\"t\":1e400}")]
    [InlineData("{\"v\":1,\"r\":65536}")]
    [InlineData("{\"v\":1,\"r\":-1}")]
    [InlineData("{\"v\":1,\"h\":1}")]
    [InlineData("{\"v\":1,\"x\":\"\\ud800\"}")]
    [InlineData("{\"v\":1,\"x\":\"\\udc00\\ud800\"}")]
    [InlineData("{\"v\":1,\"x\":\"\u0001\"}")]
    public void WhatIsMalformedGoesToQuarantineWhole(string payload)
    {
        Assert.Equal(Admission.Undecodable, _door.Admit(PayloadDoor.Power, payload));
        Assert.Empty(_door.Readings);
        var entry = Assert.Single(_door.Aside);
        Assert.Equal(Refusal.Undecodable, entry.Reason);
        Assert.Equal(payload, Encoding.UTF8.GetString(entry.Payload));
        Assert.Equal(PayloadDoor.Power, entry.Topic);
    }

    [Theory]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("{\"v\":1e13}")]
    [InlineData("99999999999999999999999999999999999999999999999999")]
    public void ANumberThatDoesNotFitIsRejectedByReason(string payload)
    {
        Assert.Equal(Admission.Refused, _door.Admit(PayloadDoor.Power, payload));
        Assert.Empty(_door.Readings);
        Assert.Equal(1, _door.Refused[Refusal.ValueOutOfRange]);
    }

    [Theory]
    [InlineData("kvar")]
    [InlineData("furlong")]
    [InlineData("a unit with a name longer than any")]
    public void AUnitThatDoesNotFitGoesToQuarantineWithItsValue(string unit)
    {
        Assert.Equal(Admission.Quarantined, _door.Admit(PayloadDoor.Power, $"{{\"v\":12.5,\"u\":\"{unit}\",\"t\":\"2026-11-21T00:00:00Z\"}}"));
        var entry = Assert.Single(_door.Aside);
        Assert.Equal((Refusal.UnknownUnit, 125L, -1, At("2026-11-21T00:00:00Z")), (entry.Reason, entry.Mantissa, entry.Exponent, entry.TimeUs));
        Assert.Equal(unit[..Math.Min(16, unit.Length)], entry.Unit);
    }

    [Theory]
    [InlineData(PayloadDoor.Power, "2026-11-21T07:00:00", "2026-11-21T00:00:00Z")]
    [InlineData(PayloadDoor.Yangon, "2026-11-21T07:00:00", "2026-11-21T00:30:00Z")]
    [InlineData(PayloadDoor.Yangon, "2026-11-21 07:00:00.25", "2026-11-21T00:30:00.25Z")]
    [InlineData(PayloadDoor.Yangon, "2026-11-21T07:00:00Z", "2026-11-21T07:00:00Z")]
    [InlineData(PayloadDoor.Yangon, "2026-11-21T07:00:00+07:00", "2026-11-21T00:00:00Z")]
    [InlineData(PayloadDoor.Yangon, "2026-11-20T17:00:00-0700", "2026-11-21T00:00:00Z")]
    public void ATimeWithoutAnOffsetIsOfTheCitysZone(string topic, string time, string utc)
    {
        _door.Admit(topic, $"{{\"v\":1,\"t\":\"{time}\"}}");
        var found = _door.Readings.Select(reading => reading.TimeUs).Concat(_door.Aside.Select(entry => entry.TimeUs)).Single();
        Assert.Equal(At(utc), found);
    }

    [Theory]
    [InlineData("\"2036-01-01T00:00:00Z\"", Refusal.FutureTime)]
    [InlineData("\"2026-11-21T01:05:01Z\"", Refusal.FutureTime)]
    [InlineData("\"9999-12-31T23:59:59\"", Refusal.FutureTime)]
    [InlineData("\"1970-01-01T00:00:00Z\"", Refusal.AncientTime)]
    [InlineData("\"0001-01-01T00:00:00\"", Refusal.AncientTime)]
    [InlineData("0", Refusal.AncientTime)]
    [InlineData("-9e12", Refusal.AncientTime)]
    [InlineData("9e12", Refusal.FutureTime)]
    public void ATimeThatCannotBeIsKeptInQuarantineNotBelieved(string time, Refusal reason)
    {
        Assert.Equal(Admission.Quarantined, _door.Admit(PayloadDoor.Power, $"{{\"v\":1,\"t\":{time}}}"));
        Assert.Equal(reason, Assert.Single(_door.Aside).Reason);
        Assert.Empty(_door.Readings);
    }

    [Fact]
    public void WhatIsKeptAsideKeepsTheBeginningOfItsPayload()
    {
        var future = "{\"v\":1,\"t\":\"2036-01-01T00:00:00Z\"}";
        _door.Admit(PayloadDoor.Power, future);
        _door.Admit("mt/v1/vn-dad/nobody/P", "12.5" + new string(' ', 1000));
        _door.Admit(PayloadDoor.Pack, "[{\"bt\":0,\"n\":\"P\",\"v\":1}, {\"n\": \"oil\", \"v\": 55.5} ,{\"n\":\"V\",\"u\":\"kW\",\"v\":2}]");
        Assert.Equal(
            [future, "12.5" + new string(' ', QuarantineEntry.SampleMax - 4), "{\"n\": \"oil\", \"v\": 55.5}", "{\"n\":\"V\",\"u\":\"kW\",\"v\":2}"],
            _door.Aside.Select(entry => Encoding.UTF8.GetString(entry.Payload)));
    }

    [Theory]
    [InlineData("2026-11-21T01:05:00Z", true)]
    [InlineData("2026-08-23T01:00:00Z", true)]
    [InlineData("2026-08-23T00:59:59Z", false)]
    [InlineData("2011-01-01T00:00:00Z", false)]
    public void WhatIsOlderThanTheRetentionIsExpired(string time, bool admitted)
    {
        Assert.Equal(admitted ? Admission.Admitted : Admission.Refused, _door.Admit(PayloadDoor.Power, $"{{\"v\":1,\"t\":\"{time}\"}}"));
        Assert.Equal(admitted ? 0 : 1, _door.Refused.GetValueOrDefault(Refusal.Expired));
    }

    [Fact]
    public void HistoryRevisionAndQualityComeWithTheValue()
    {
        _door.Admit(PayloadDoor.Power, "{\"v\":1,\"h\":true,\"r\":65535,\"q\":\"estimated\",\"t\":\"2026-11-21T00:00:00Z\"}");
        Assert.Equal(new Reading(At("2026-11-21T00:00:00Z"), 1_000_000, 0, 65535, Quality.Estimated, ReadingFlags.Historical), Assert.Single(_door.Readings));
    }

    [Fact]
    public void DeepNestingEndsInQuarantineNotInAFault()
    {
        foreach (var depth in (int[])[15, 16, 17, 5_000, 500_000])
        {
            _door.Forget();
            var admission = _door.Admit(PayloadDoor.Power, "{\"x\":" + new string('[', depth) + new string(']', depth) + ",\"v\":1}");
            Assert.Equal(depth <= 16 ? Admission.Admitted : Admission.Undecodable, admission);
        }
    }

    [Fact]
    public void CutAtAnyByteItIsAnotherNumberOrUndecodableButNeverHalfAnObject()
    {
        var whole = "{\"v\":12.5,\"t\":\"2026-11-21T00:00:00.5Z\",\"q\":\"good\",\"u\":\"kW\",\"h\":false,\"r\":1,\"x\":{\"y\":[\"\\u00e9\",null]}}"u8.ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            _door.Forget();
            Assert.Equal(Admission.Undecodable, _door.Admit(PayloadDoor.Power, whole.AsSpan(0, length)));
            Assert.Empty(_door.Readings);
        }
        Assert.Equal(Admission.Admitted, _door.Admit(PayloadDoor.Power, whole));
    }

    [Fact]
    public void TheUsualShapeAndAnyOtherSpellingOfItAreAdmittedAlike()
    {
        var number = from mantissa in Gen.Choose(-99_999, 99_999) from power in Gen.Choose(-8, 8) from dot in Gen.Choose(0, 3) select dot == 0
            ? $"{mantissa}e{power}" : string.Create(CultureInfo.InvariantCulture, $"{mantissa / Math.Pow(10, dot)}");
        var time = Gen.Elements("2026-11-21T00:00:00Z", "2026-11-21T07:00:00", "2026-11-20T23:59:59.123456+00:00", "2036-01-01T00:00:00Z", "x", "");
        var data = from n in number from t in time from shape in Gen.Choose(0, 3) select (n, t, shape);
        Prop.ForAll(Arb.From(data), c =>
        {
            var usual = c.shape switch { 0 => c.n, 1 => $"{{\"v\":{c.n}}}", 2 => $"{{\"v\":{c.n},\"t\":\"{c.t}\"}}", _ => $"{{\"v\":{c.n},\"t\":\"{c.t}\",\"q\":\"good\"}}" };
            var spaced = usual.Replace(",", " , ", StringComparison.Ordinal).Replace("\":", "\" :\t", StringComparison.Ordinal).Replace("{", "\n{ ", StringComparison.Ordinal) + " ";
            var (one, other) = (new PayloadDoor(), new PayloadDoor());
            Assert.Equal(one.Admit(PayloadDoor.Power, usual), other.Admit(PayloadDoor.Power, spaced));
            Assert.Equal(one.Readings, other.Readings);
            Assert.Equal(one.Refused, other.Refused);
            Assert.Equal(one.Aside.Select(entry => entry.Reason), other.Aside.Select(entry => entry.Reason));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(5UL, 7UL), FSharpOption<int>.None))));
    }

    [Fact]
    public void RandomBytesNeverThrow()
    {
        var random = new Random(11);
        var seeds = new[] { "{\"v\":12.5,\"t\":\"2026-11-21T00:00:00Z\",\"q\":\"good\"}", "[{\"bn\":\"a\",\"bt\":1,\"n\":\"P\",\"v\":1e5},{\"t\":-5,\"vb\":true}]" };
        for (var i = 0; i < 40_000; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(seeds[i % 2]);
            for (var edits = random.Next(1, 4); edits > 0; edits--) bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : "{}[]\",:\\0eE.-unft"[random.Next(17)]);
            _door.Forget();
            _door.Admit(i % 2 == 0 ? PayloadDoor.Power : PayloadDoor.Pack, bytes);
            Assert.True(_door.Readings.Count + _door.Aside.Count + _door.Refused.Values.Sum() > 0);
        }
    }

    [Theory]
    [InlineData(PayloadDoor.Power, "412.6")]
    [InlineData(PayloadDoor.Power, "{\"v\":12.5,\"t\":\"2026-11-21T00:00:00Z\",\"q\":\"good\"}")]
    [InlineData(PayloadDoor.Power, "{ \"v\":12.5, \"u\":\"W\", \"t\":\"2026-11-21T00:00:00Z\" }")]
    [InlineData(PayloadDoor.Power, "{\"v\":12.5,\"t\":\"2026-11-21T07:00:00\"}")]
    [InlineData(PayloadDoor.Pack, "[{\"bt\":1795219200,\"n\":\"P\",\"u\":\"kW\",\"v\":412.6},{\"n\":\"V\",\"u\":\"V\",\"v\":229.7,\"t\":-5}]")]
    public async Task AnAdmittedMessageAllocatesNothing(string topic, string payload)
    {
        var (topicBytes, bytes) = (Encoding.UTF8.GetBytes(topic), Encoding.UTF8.GetBytes(payload));
        var source = _door.Source;
        void Round()
        {
            for (var i = 0; i < 100; i++)
            {
                if (source.Admit(source.Resolve(topicBytes), topicBytes, bytes) != Admission.Admitted) throw new InvalidOperationException(payload);
            }
        }
        for (var i = 0; i < 50; i++)
        {
            Round();
            await source.SubmitAsync(CancellationToken.None);
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
