"""The own encoder computes what Hugging Face's BERT computes, from the same weights."""

import subprocess
import sys

import torch
from transformers import BertConfig, BertModel

from analyzer.scoring.encoder import BertEncoder, is_plain_bert
from analyzer.scoring.network import empty_encoder

CONFIG = {
    "model_type": "bert",
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 40,
    "layer_norm_eps": 1e-5,
}


def test_the_states_are_those_of_the_library_where_tokens_are_real() -> None:
    torch.manual_seed(1)
    known = BertModel(BertConfig(**CONFIG), add_pooling_layer=False).eval()
    own = BertEncoder(CONFIG).eval()
    own.load_state_dict(known.state_dict())
    ids = torch.randint(0, 50, (4, 17))
    attention = torch.arange(17)[None] < torch.tensor([17, 9, 3, 1])[:, None]
    with torch.inference_mode():
        expected = known(input_ids=ids, attention_mask=attention).last_hidden_state
        states = own(input_ids=ids, attention_mask=attention).last_hidden_state
    assert torch.allclose(states[attention], expected[attention], atol=1e-5)


def test_training_computes_what_reading_computes_where_nothing_is_dropped() -> None:
    torch.manual_seed(2)
    own = BertEncoder(CONFIG | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0})
    ids = torch.randint(0, 50, (3, 11))
    attention = torch.arange(11)[None] < torch.tensor([11, 6, 1])[:, None]
    read = own.eval()(input_ids=ids, attention_mask=attention).last_hidden_state
    learnt = own.train()(input_ids=ids, attention_mask=attention).last_hidden_state
    assert torch.allclose(read[attention], learnt[attention], atol=1e-5)
    learnt[attention].sum().backward()
    assert all(torch.isfinite(one.grad).all() for one in own.parameters() if one.grad is not None)


def test_other_kinds_come_from_the_library() -> None:
    assert is_plain_bert(CONFIG)
    assert not is_plain_bert(CONFIG | {"hidden_act": "relu"})
    assert not is_plain_bert(CONFIG | {"model_type": "xlm-roberta"})
    assert isinstance(empty_encoder(CONFIG | {"hidden_act": "relu"}), BertModel)


def test_scoring_with_the_embedded_model_does_not_import_transformers() -> None:
    code = "import sys; from analyzer import load_scorer; load_scorer(); sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
