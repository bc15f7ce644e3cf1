//! Each message is encoded and decoded, and must stay the same.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;

/// As the messages that own what they hold are compared.
fn there_and_back<M>(message: &M) -> Result<(), TestCaseError>
where
    M: for<'a> Message<'a> + PartialEq + std::fmt::Debug,
{
    let bytes = message.to_bytes();
    let decoded = M::decode(&bytes).map_err(|_| TestCaseError::fail("malformed"))?;
    prop_assert_eq!(&decoded, message);
    Ok(())
}

/// A double that is not NaN, so that it equals itself.
fn double() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("NaN equals nothing", |it| !it.is_nan())
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,6}"
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

fn vec<T: std::fmt::Debug>(
    one: impl Strategy<Value = T>,
) -> impl Strategy<Value = std::vec::Vec<T>> {
    prop::collection::vec(one, 0..4)
}

fn shape() -> impl Strategy<Value = Shape> {
    (vec(-1..9i64), any::<bool>())
        .prop_map(|(sizes, has_unknown_rank)| Shape { sizes, has_unknown_rank })
}

fn hparam_value() -> impl Strategy<Value = HparamValue> {
    let leaf = prop_oneof![
        Just(HparamValue::Null),
        double().prop_map(HparamValue::Number),
        text().prop_map(HparamValue::Text),
        any::<bool>().prop_map(HparamValue::Bool),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec((text(), inner.clone()), 0..4).prop_map(HparamValue::Struct),
            prop::collection::vec(inner, 0..4).prop_map(HparamValue::List),
        ]
    })
}

fn hparam_info() -> impl Strategy<Value = HparamInfo> {
    let domain = prop_oneof![
        vec(hparam_value()).prop_map(HparamDomain::Discrete),
        (double(), double()).prop_map(|(least, most)| HparamDomain::Interval(least, most)),
    ];
    (text(), any::<i32>(), prop::option::of(domain))
        .prop_map(|(name, data_type, domain)| HparamInfo { name, data_type, domain })
}

fn hparams() -> impl Strategy<Value = HparamsPluginData> {
    let status = prop_oneof![
        Just(HparamsStatus::Unknown),
        Just(HparamsStatus::Success),
        Just(HparamsStatus::Failure),
        Just(HparamsStatus::Running),
    ];
    let metric = text().prop_map(|tag| MetricInfo { tag });
    let data = prop_oneof![
        (vec(hparam_info()), vec(metric))
            .prop_map(|(hparams, metrics)| Experiment { hparams, metrics })
            .prop_map(HparamsData::Experiment),
        (vec((text(), hparam_value())), text(), double())
            .prop_map(|(hparams, group_name, start_time)| {
                SessionStart { hparams, group_name, start_time }
            })
            .prop_map(HparamsData::SessionStart),
        (status, double())
            .prop_map(|(status, end_time)| SessionEnd { status, end_time })
            .prop_map(HparamsData::SessionEnd),
    ];
    prop::option::of(data).prop_map(|data| HparamsPluginData { data })
}

fn layout() -> impl Strategy<Value = Layout> {
    let series = (text(), text(), text()).prop_map(|(value, lower, upper)| MarginSeries {
        value,
        lower,
        upper,
    });
    let content = prop_oneof![
        vec(text()).prop_map(ChartContent::Multiline),
        vec(series).prop_map(ChartContent::Margin),
    ];
    let chart =
        (text(), prop::option::of(content)).prop_map(|(title, content)| Chart { title, content });
    let category = (text(), vec(chart), any::<bool>())
        .prop_map(|(title, charts, is_closed)| Category { title, charts, is_closed });
    vec(category).prop_map(|categories| Layout { categories })
}

fn mesh() -> impl Strategy<Value = MeshPluginData> {
    let component = prop_oneof![
        Just(MeshComponent::Undefined),
        Just(MeshComponent::Vertex),
        Just(MeshComponent::Face),
        Just(MeshComponent::Color),
    ];
    let size = any::<i32>().prop_map(i64::from);
    (text(), component, text(), vec(size), any::<u32>()).prop_map(
        |(name, component, json_config, shape, components)| MeshPluginData {
            name,
            component,
            json_config,
            shape,
            components,
        },
    )
}

fn tensor() -> impl Strategy<Value = Tensor<'static>> {
    vec(any::<f32>()).prop_map(|floats| {
        let message = tensor_of_floats(&[floats.len() as u64], &floats);
        Tensor::decode(Cow::Owned(message)).unwrap()
    })
}

fn attr_value() -> impl Strategy<Value = AttrValue<'static>> {
    let float = || any::<f32>().prop_filter("NaN equals nothing", |it| !it.is_nan());
    let name = || text().prop_map(Cow::Owned);
    let list = (
        vec(bytes().prop_map(Cow::Owned)),
        vec(any::<i64>()),
        vec(float()),
        vec(any::<bool>()),
        vec(any::<i32>()),
        vec(shape()),
        vec(tensor()),
        vec(name()),
    );
    let list = list.prop_map(|(bytes, ints, floats, bools, types, shapes, tensors, functions)| {
        AttrList { bytes, ints, floats, bools, types, shapes, tensors, functions }
    });
    prop_oneof![
        Just(AttrValue::Nothing),
        list.prop_map(AttrValue::List),
        bytes().prop_map(|bytes| AttrValue::Bytes(Cow::Owned(bytes))),
        any::<i64>().prop_map(AttrValue::Int),
        float().prop_map(AttrValue::Float),
        any::<bool>().prop_map(AttrValue::Bool),
        any::<i32>().prop_map(AttrValue::Type),
        shape().prop_map(AttrValue::Shape),
        tensor().prop_map(AttrValue::Tensor),
        name().prop_map(AttrValue::Placeholder),
        name().prop_map(AttrValue::Function),
    ]
}

fn node() -> impl Strategy<Value = NodeDef<'static>> {
    let name = || text().prop_map(Cow::Owned);
    (name(), name(), vec(name()), name(), vec((name(), attr_value()))).prop_map(
        |(name, op, inputs, device, attributes)| NodeDef { name, op, inputs, device, attributes },
    )
}

fn histogram() -> impl Strategy<Value = Histogram<'static>> {
    let doubles = || {
        vec(any::<f64>()).prop_map(|doubles| {
            Cow::Owned(doubles.into_iter().flat_map(f64::to_le_bytes).collect::<Vec<u8>>())
        })
    };
    let moments = (double(), double(), double(), double(), double());
    (moments, doubles(), doubles()).prop_map(
        |((min, max, num, sum, sum_squares), limits, counts)| Histogram {
            min,
            max,
            num,
            sum,
            sum_squares,
            limits,
            counts,
        },
    )
}

fn image() -> impl Strategy<Value = Image<'static>> {
    (any::<[i32; 3]>(), bytes()).prop_map(|([height, width, colorspace], encoded)| Image {
        height,
        width,
        colorspace,
        encoded: encoded.into(),
    })
}

fn audio() -> impl Strategy<Value = Audio<'static>> {
    let rate = any::<f32>().prop_filter("NaN equals nothing", |it| !it.is_nan());
    (rate, any::<[i64; 2]>(), bytes(), text()).prop_map(
        |(sample_rate, [channels, frames], encoded, content_type)| Audio {
            sample_rate,
            channels,
            frames,
            encoded: encoded.into(),
            content_type: content_type.into(),
        },
    )
}

fn metadata() -> impl Strategy<Value = Metadata<'static>> {
    (text(), bytes(), text(), text(), any::<i32>()).prop_map(
        |(plugin_name, content, display_name, description, data_class)| Metadata {
            plugin_name: plugin_name.into(),
            content: content.into(),
            display_name: display_name.into(),
            description: description.into(),
            data_class: data_class.into(),
        },
    )
}

/// The content of a value. Its floats are borrowed.
fn data() -> impl Strategy<Value = Data<'static>> {
    prop_oneof![
        Just(Data::Nothing),
        Just(Data::SimpleValue(&[0, 0, 192, 63])),
        histogram().prop_map(Data::Histogram),
        image().prop_map(Data::Image),
        audio().prop_map(Data::Audio),
        tensor().prop_map(Data::Tensor),
        Just(Data::Other(3)),
    ]
}

proptest! {
    #[test]
    fn messages_that_own_what_they_hold(
        hparams in hparams(),
        value in hparam_value(),
        layout in layout(),
        mesh in mesh(),
        shape in shape(),
        num_thresholds: u32,
        level: i32,
        message in text(),
        devices in vec(text()),
    ) {
        there_and_back(&hparams)?;
        there_and_back(&value)?;
        there_and_back(&layout)?;
        there_and_back(&mesh)?;
        there_and_back(&shape)?;
        there_and_back(&PrCurvePluginData { num_thresholds })?;
        there_and_back(&LogMessage { level, message })?;
        there_and_back(&RunMetadata { devices })?;
    }

    #[test]
    fn graphs(nodes in vec(node()), producer: i32) {
        let graph = GraphDef { nodes, producer };
        let bytes = graph.to_bytes();
        prop_assert_eq!(&GraphDef::decode(&bytes).unwrap(), &graph);
        let nodes: Vec<_> = GraphDef::node_messages(&bytes)
            .map(|node| NodeDef::decode(node.unwrap()).unwrap())
            .collect();
        prop_assert_eq!(nodes, graph.nodes);
    }

    #[test]
    fn values(
        tag in "\\PC{1,6}",
        is_tagged: bool,
        metadata in prop::option::of(metadata()),
        data in data(),
    ) {
        // Only tensors may have the node's name instead of a tag.
        let is_tagged = is_tagged || !matches!(data, Data::Tensor(_));
        let value = SummaryValue { tag: &tag, is_tagged, metadata, data, raw: &[] };
        let mut bytes = Vec::new();
        value.encode(&mut bytes);
        let decoded = SummaryValue::from_raw(&bytes).unwrap();
        prop_assert_eq!(decoded.raw, &bytes[..]);
        prop_assert_eq!(&SummaryValue { raw: &[], ..decoded }, &value);
        let summary = Summary::new(&bytes[..]);
        prop_assert_eq!(summary.values().count(), 1);
    }

    #[test]
    fn events(
        wall_time in double(),
        step: i64,
        writer in prop::option::of("[a-z]{0,9}"),
        which in 0..8,
        name in text(),
        bytes in bytes(),
        tagged in any::<(String, Vec<u8>)>(),
        status in 0..4usize,
    ) {
        use SessionStatus::{Checkpoint, Start, Stop, Unspecified};
        let status = [Unspecified, Start, Stop, Checkpoint][status];
        let metadata = TaggedRunMetadata { tag: tagged.0.into(), run_metadata: tagged.1.into() };
        let what = match which {
            0 => What::Nothing,
            1 => What::FileVersion(&name),
            2 => What::Graph(&bytes),
            3 => What::Summary(Summary::new(&bytes[..])),
            4 => What::LogMessage(LogMessage { level: 20, message: name.clone() }),
            5 => What::SessionLog(SessionLog::new(status, &name, "message")),
            6 => What::RunMetadata(metadata),
            _ => What::MetaGraph(&bytes),
        };
        let event = Event { wall_time, step, what, writer: writer.as_deref() };
        let mut encoded = Vec::new();
        event.encode(&mut encoded);
        prop_assert_eq!(Event::decode(&encoded).unwrap(), event);
    }

    #[test]
    fn any_bytes_are_a_message_or_malformed(bytes in bytes()) {
        fn no_panic<M: for<'a> Message<'a>>(bytes: &[u8]) {
            if let Ok(decoded) = M::decode(bytes) {
                assert!(M::decode(&decoded.to_bytes()).is_ok());
            }
        }
        no_panic::<HparamsPluginData>(&bytes);
        no_panic::<HparamValue>(&bytes);
        no_panic::<Layout>(&bytes);
        no_panic::<MeshPluginData>(&bytes);
        no_panic::<Shape>(&bytes);
        no_panic::<LogMessage>(&bytes);
        no_panic::<RunMetadata>(&bytes);
        if let Ok(graph) = GraphDef::decode(&bytes) {
            prop_assert!(GraphDef::decode(&graph.to_bytes()).is_ok());
        }
    }
}

#[test]
fn a_message_that_occurs_twice_is_merged() {
    let one = |tag: &str| Experiment {
        metrics: vec![MetricInfo { tag: tag.into() }],
        ..Experiment::default()
    };
    let data = |data| HparamsPluginData { data: Some(data) };
    let (a, b) = (HparamsData::Experiment(one("a")), HparamsData::Experiment(one("b")));
    let both = [data(a).to_bytes(), data(b.clone()).to_bytes()].concat();
    let Some(HparamsData::Experiment(merged)) = HparamsPluginData::decode(&both).unwrap().data
    else {
        panic!()
    };
    assert_eq!(merged.metrics.len(), 2);
    // The last member of a oneof counts.
    let end = HparamsData::SessionEnd(SessionEnd::default());
    let other = [both, data(end.clone()).to_bytes(), data(b.clone()).to_bytes()].concat();
    assert_eq!(HparamsPluginData::decode(&other).unwrap(), data(b));
}

#[test]
fn values_nest_as_deep_as_protobuf_allows() {
    let nested = |depth: usize| {
        (0..depth).fold(HparamValue::Number(1.0), |inner, _| HparamValue::List(vec![inner]))
    };
    let deep = nested(100);
    assert_eq!(HparamValue::decode(&deep.to_bytes()), Ok(deep));
    assert_eq!(HparamValue::decode(&nested(101).to_bytes()), Err(Malformed));
}
